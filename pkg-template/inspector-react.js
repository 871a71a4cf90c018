'use client';
/** The inspector as a React component. It shows the client of the provider around it. */

import { createElement, useContext, useEffect, useRef } from 'react';
import { defineInspector } from './inspector.js';
import { SocketContext } from './react.js';

/**
 * @typedef {import('./types/inspector-react.d.ts').InspectorProps} Props
 * @typedef {HTMLElement & { client: unknown }} InspectorElement
 */

/** @param {Props} props */
export function Inspector({ client, onClose, ...rest }) {
  // The context has no client, only its Socket, which identifies the recording as well.
  const socket = useContext(SocketContext)?.socket ?? null;
  const wanted = client ?? socket;
  const ref = useRef(/** @type {InspectorElement | null} */ (null));
  // Set the property here, because React 18 would set an attribute with the object as text.
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
