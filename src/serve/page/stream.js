// SPDX-License-Identifier: Apache-2.0
// Server-sent events by fetch. EventSource would hide the comments that show that the stream lives,
// and gives up for good when the server answers 503 while the agent is away.

const SILENT_MS = 40000; // comments come each 15 s
const RETRY_MS = 500, RETRY_MOST_MS = 5000;
const TEXT_MAX = 4 << 20;

/* One event of the stream: its lines up to an empty one. */
function parseEvent(text) {
  const event = { kind: 'message', data: [], id: undefined };
  for (const line of text.split('\n')) {
    const colon = line.indexOf(':');
    if (colon <= 0) continue;
    const value = line.slice(colon + 1).replace(/^ /, '');
    if (line.startsWith('event:')) event.kind = value;
    else if (line.startsWith('data:')) event.data.push(value);
    else if (line.startsWith('id:')) event.id = value;
  }
  return event;
}

export class Stream {
  /* `to` has open(resumed), event(kind, object), lost(error): called for as long as the page is. */
  constructor(path, to) {
    this.path = path;
    this.to = to;
    this.lastId = undefined;
    this.tries = 0;
  }

  async run() {
    for (;;) {
      try {
        await this.read();
        this.to.lost(null);
      } catch (error) {
        this.to.lost(error);
      }
      const wait = Math.min(RETRY_MOST_MS, RETRY_MS * 2 ** this.tries++);
      await new Promise((done) => setTimeout(done, wait));
    }
  }

  async read() {
    const control = new AbortController();
    let timer = setTimeout(() => control.abort(), SILENT_MS);
    try {
      const headers = { Accept: 'text/event-stream' };
      if (this.lastId !== undefined) headers['Last-Event-ID'] = this.lastId;
      const response = await fetch(this.path, { headers, cache: 'no-store',
        signal: control.signal });
      if (!response.ok || !response.body) throw new Error(`the answer was ${response.status}`);
      this.to.open(this.lastId !== undefined);
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      let text = '';
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return;
        clearTimeout(timer);
        timer = setTimeout(() => control.abort(), SILENT_MS);
        this.tries = 0;
        text = this.take((text + value).replace(/\r\n?/g, '\n'));
      }
    } finally {
      clearTimeout(timer);
      control.abort();
    }
  }

  /* Hands on what is complete, and returns the rest. */
  take(text) {
    const parts = text.split('\n\n');
    const rest = parts.pop();
    if (rest.length > TEXT_MAX) throw new Error('an event of the stream is too long');
    for (const part of parts) {
      const event = parseEvent(part);
      if (event.id !== undefined) this.lastId = event.id;
      if (event.data.length) this.to.event(event.kind, JSON.parse(event.data.join('\n')));
    }
    return rest;
  }
}
