'use client';
/** The React entry of the inspector: the element, with the client of the provider around it. */

import { createElement, useContext, useEffect, useRef } from 'react';
import { defineInspector } from './inspector.js';
import { SocketContext } from './react.js';

/**
 * @typedef {import('./types/inspector-react.d.ts').InspectorProps} Props
 * @typedef {HTMLElement & { client: unknown }} InspectorElement
 */

/** @param {Props} props */
export function Inspector({ client, onClose, ...rest }) {
  // The context has no client in it; its Socket is known to the recording as well.
  const socket = useContext(SocketContext)?.socket ?? null;
  const wanted = client ?? socket;
  const ref = useRef(/** @type {InspectorElement | null} */ (null));
  // Properties, not attributes: React 18 writes objects to attributes of unknown elements.
  useEffect(() => {
    defineInspector();
    if (ref.current) ref.current.client = wanted;
  }, [wanted]);
  useEffect(() => {
    const element = ref.current;
    if (!element || !onClose) return undefined;
    element.addEventListener('close', onClose);
    return () => element.removeEventListener('close', onClose);
  }, [onClose]);
  const { isInline, isCollapsed, theme, className, ...others } = rest;
  return createElement('holdfast-inspector', {
    ...others,
    class: className,
    inline: isInline ? '' : undefined,
    collapsed: isCollapsed ? '' : undefined,
    theme,
    ref,
  });
}
