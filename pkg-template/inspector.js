/** The entry `holdfast/inspector`: the element, and the recordings that it shows. */

export { defineInspector, InspectorElement } from './inspector/element/element.js';
