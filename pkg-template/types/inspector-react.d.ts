// The public types of `holdfast/inspector-react`.

import type { CSSProperties, DetailedHTMLProps, HTMLAttributes, ReactElement } from 'react';
import type { Client } from './index.js';
import type { InspectorElement } from './inspector.js';

/** The properties of `Inspector`. */
export interface InspectorProps {
  /**
   * The client that is shown first. Default: that of the `SocketProvider` around it, if it is the client of `holdfast/socket` or
   * was passed to `inspect`; else the first one of the page.
   */
  client?: Client | undefined;
  /** Whether it stands where the app puts it, instead of at the bottom of the page. Default: `false`. */
  isInline?: boolean | undefined;
  /** Whether it begins as a small button at the edge of the page. Default: `false`. */
  isCollapsed?: boolean | undefined;
  /** The colors. Default: those that the system prefers. */
  theme?: 'light' | 'dark' | undefined;
  /** Called when the user closes it. */
  onClose?: (() => void) | undefined;
  /** The id of the element. */
  id?: string | undefined;
  /** The class of the element. */
  className?: string | undefined;
  /** The style of the element. */
  style?: CSSProperties | undefined;
}

/** Renders `<holdfast-inspector>`. On a server the element is empty. */
export function Inspector(props: InspectorProps): ReactElement;

declare module 'react' {
  namespace JSX {
    interface IntrinsicElements {
      'holdfast-inspector': DetailedHTMLProps<
        HTMLAttributes<InspectorElement>,
        InspectorElement
      > & {
        inline?: '' | undefined;
        collapsed?: '' | undefined;
        theme?: 'light' | 'dark' | undefined;
      };
    }
  }
}
