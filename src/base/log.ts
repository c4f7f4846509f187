/**
 * Where the core writes what happened. Never given a secret: callers log names, sizes and codes, not contents.
 * Compatible with the methods of `vscode.LogOutputChannel`.
 */
export interface Log {
  trace(message: string): void;
  debug(message: string): void;
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
}

/** Discards everything. */
export const silentLog: Log = {
  trace: ignore,
  debug: ignore,
  info: ignore,
  warn: ignore,
  error: ignore,
};

/** A log whose lines start with `[scope]`, so that the lines of one host or action can be followed. */
export function scopedLog(log: Log, scope: string): Log {
  const prefix = `[${scope}] `;
  return {
    trace: (message) => {
      log.trace(prefix + message);
    },
    debug: (message) => {
      log.debug(prefix + message);
    },
    info: (message) => {
      log.info(prefix + message);
    },
    warn: (message) => {
      log.warn(prefix + message);
    },
    error: (message) => {
      log.error(prefix + message);
    },
  };
}

function ignore(): void {
  // on purpose
}
