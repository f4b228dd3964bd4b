// SPDX-License-Identifier: Apache-2.0
// Asking hearsay-serve.

const PATIENCE_MS = 8000;

/* `status` is that of HTTP; 0: no answer came. */
export class AskError extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

async function read(path) {
  let response;
  try {
    response = await fetch(path, { cache: 'no-store', signal: AbortSignal.timeout(PATIENCE_MS) });
    return [response, await response.text()];
  } catch {
    throw new AskError(0, 'hearsay-serve does not answer');
  }
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/* An answer of /v1, or an AskError with the server's sentence. */
export async function ask(path, query = {}) {
  const words = new URLSearchParams(query).toString();
  const [response, text] = await read(words ? `${path}?${words}` : path);
  const answer = parse(text);
  if (!response.ok)
    throw new AskError(response.status, answer?.message || `the answer was ${response.status}`);
  if (!answer) throw new AskError(response.status, 'the answer was no JSON');
  return answer;
}
