// The public types of `holdfast/inspector/react`.

import type { CSSProperties, ReactElement } from 'react';
import type { Client } from './index.js';

export interface InspectorProps {
  /** The client that is shown first. Default: that of the `SocketProvider` around it, else the first one of the page. */
  client?: Client | undefined;
  /** Where the app puts it, instead of at the bottom of the page. */
  isInline?: boolean | undefined;
  /** Begins as a small button at the edge of the page. */
  isCollapsed?: boolean | undefined;
  /** Default: what the system prefers. */
  theme?: 'light' | 'dark' | undefined;
  /** Called when somebody closes it. */
  onClose?: (() => void) | undefined;
  id?: string | undefined;
  className?: string | undefined;
  style?: CSSProperties | undefined;
}

/** `<holdfast-inspector>`. On a server it renders an empty element. */
export function Inspector(props: InspectorProps): ReactElement;
