// JSON over fetch. Errors have the server's code.

/**
 * @param {string} path
 * @param {{ method?: string, body?: unknown, token?: string, signal?: AbortSignal }} [options]
 * @throws {Error} with `code` and `status` if the server refuses
 */
export async function ask(path, { method = 'GET', body, token, signal } = {}) {
  const headers = {};
  if (body !== undefined) headers['content-type'] = 'application/json';
  if (token !== undefined) headers.authorization = `Bearer ${token}`;
  const text = body === undefined ? undefined : JSON.stringify(body);
  const response = await fetch(path, { method, headers, body: text, signal });
  const answer = await response.json().catch(() => null);
  if (!response.ok || answer === null) {
    const message = answer?.error ?? `The server answered ${response.status}`;
    throw Object.assign(new Error(message), { code: answer?.code, status: response.status });
  }
  return answer;
}
