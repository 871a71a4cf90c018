// The commands of W3C WebDriver that the tests need. Chromium, Firefox and WebKitGTK all have a driver that speaks it.
// A package for it (selenium-webdriver) asks for a newer Node than this project does, and brings drivers of its own.

/** A script of a page that hangs fails its command after so long. */
const SCRIPT_MS = 120_000;
const LOAD_MS = 60_000;

/** One browser that a driver controls. Commands run one after the other, each in the window that it names. */
export class Session {
  #url;
  #last = Promise.resolve();
  #current = '';

  /** @param {string} driver its url @param {string} id @param {any} capabilities what the browser says of itself */
  constructor(driver, id, capabilities) {
    this.#url = `${driver}/session/${id}`;
    this.capabilities = capabilities;
  }

  /** @param {string} driver its url @param {object} capabilities */
  static async begin(driver, capabilities) {
    const timeouts = { script: SCRIPT_MS, pageLoad: LOAD_MS };
    const { sessionId, capabilities: its } = await request(
      'POST',
      `${driver}/session`,
      { capabilities: { alwaysMatch: { ...capabilities, timeouts } } },
      LOAD_MS,
    );
    return new Session(driver, sessionId, its);
  }

  /** The window that is current as the session begins. */
  first = () => this.#queue(() => this.#get('window'));

  /** Opens another window of the same profile. @param {'tab' | 'window'} type */
  open = (type) => this.#queue(async () => (await this.#post('window/new', { type })).handle);

  goto = (window, url) => this.#in(window, () => this.#post('url', { url }));
  reload = (window) => this.#in(window, () => this.#post('refresh', {}));
  back = (window) => this.#in(window, () => this.#post('back', {}));
  /** Makes a window the one that is shown. */
  show = (window) => this.#in(window, () => this.#get('window'));

  close = (window) =>
    this.#in(window, async () => {
      await this.#request('DELETE', 'window');
      this.#current = '';
    });

  /**
   * Runs a function in a page and resolves with what it answers, which may be a promise; both ways as JSON.
   * @param {string} window @param {Function} fn @param {unknown[]} args
   */
  async run(window, fn, args) {
    const { value, error } = await this.#in(window, () =>
      this.#post('execute/async', {
        script: RUN,
        args: [`return (${fn}).apply(null, arguments)`, args],
      }),
    );
    if (error) throw new Error(`the page threw: ${error}`);
    return value === undefined || value === null ? undefined : JSON.parse(value);
  }

  /** Chooses a file for an input, as a user does. @param {string} window @param {string} css @param {string} path */
  choose = (window, css, path) =>
    this.#in(window, async () => {
      const found = await this.#post('element', { using: 'css selector', value: css });
      await this.#post(`element/${Object.values(found)[0]}/value`, { text: path });
    });

  /** A command of one driver alone. @param {string} method @param {string} path @param {object} [body] */
  own = (method, path, body) => this.#queue(() => this.#request(method, path, body));

  end = () => this.#queue(() => this.#request('DELETE', ''));

  #in(window, command) {
    return this.#queue(async () => {
      if (this.#current !== window) await this.#post('window', { handle: window });
      this.#current = window;
      return command();
    });
  }

  #queue(command) {
    const done = this.#last.then(command);
    this.#last = done.catch(() => {});
    return done;
  }

  #get = (path) => this.#request('GET', path);
  #post = (path, body) => this.#request('POST', path, body);
  #request = (method, path, body) =>
    request(method, path ? `${this.#url}/${path}` : this.#url, body);
}

/**
 * Through JSON, since drivers differ in what they make of undefined and of binary data. By the page's own Function:
 * Firefox runs scripts in a realm beside the page's, whose ArrayBuffer is another one.
 */
const RUN = `
  const [code, args, done] = arguments;
  new Promise((resolve) => resolve(new window.Function(code)(...args))).then(
    (value) => done({ value: JSON.stringify(value) }),
    (error) => done({ error: String(error) + ' ' + String(error && error.stack) }),
  );
`;

async function request(method, url, body, deadlineMs = 2 * SCRIPT_MS) {
  const response = await fetch(url, {
    method,
    headers: { 'content-type': 'application/json' },
    body: body && JSON.stringify(body),
    signal: AbortSignal.timeout(deadlineMs),
  });
  const { value } = await response.json();
  if (!response.ok)
    throw new Error(`${method} ${new URL(url).pathname}: ${value?.error}: ${value?.message}`);
  return value;
}
