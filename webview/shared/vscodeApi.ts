import type { Port } from '../../src/contract/channel.ts';

/** What the editor gives a page; it can be had once. */
interface VsCodeApi {
  postMessage(message: unknown): void;
  getState(): unknown;
  setState(state: unknown): void;
}

declare function acquireVsCodeApi(): VsCodeApi;

/** The editor as this page sees it. */
export interface Editor {
  readonly port: Port;
  /** What the page kept when it was last shown; anything, since another version may have kept it. */
  readonly keptState: unknown;
  keep(state: unknown): void;
}

export function connectToEditor(): Editor {
  const api = acquireVsCodeApi();
  return {
    port: {
      post: (message) => {
        api.postMessage(message);
      },
      onMessage: (listener) => {
        const onMessage = (event: MessageEvent): void => {
          listener(event.data);
        };
        window.addEventListener('message', onMessage);
        return {
          dispose: () => {
            window.removeEventListener('message', onMessage);
          },
        };
      },
    },
    keptState: api.getState(),
    keep: (state) => {
      api.setState(state);
    },
  };
}
