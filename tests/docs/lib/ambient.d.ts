// What a bundler adds to the language in samples.

interface ImportMeta {
  readonly hot?: { dispose(callback: () => void): void };
  readonly env: Record<string, string>;
}

/** The app's own code, which a page may import without showing it. */
declare module '*/app.jsx' {
  export function start(): void;
}
