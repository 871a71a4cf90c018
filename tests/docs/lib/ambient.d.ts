// What a bundler adds to the language in samples.

interface ImportMeta {
  readonly hot?: { dispose(callback: () => void): void };
  readonly env: Record<string, string>;
}
