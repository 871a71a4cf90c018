/** `holdfast:reader`: the module that decodes the text of the others, as base64. `build.mjs` assembles it. */
declare const reader: string;
export default reader;
