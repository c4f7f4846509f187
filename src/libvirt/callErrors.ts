import { ProtocolError, TransportError, type CallOutcome } from './errors.ts';

/** @param sent whether the call had reached the daemon when its deadline passed. */
export function lateError(procedure: string, deadlineMs: number, sent: boolean): TransportError {
  const late = `${procedure} got no answer within ${deadlineMs} ms.`;
  return sent
    ? new TransportError('timeout', late, { outcome: 'unknown' })
    : new TransportError(
        'timeout',
        `${late} It was not even sent: calls made before hold all places.`,
        { outcome: 'notSent' },
      );
}

export function malformedReply(procedure: string, cause: unknown): ProtocolError {
  return new ProtocolError(`The reply to ${procedure} cannot be read.`, { cause });
}

export function closedError(procedure: string, cause: Error, outcome: CallOutcome): TransportError {
  return new TransportError(
    'closed',
    outcome === 'unknown'
      ? `The connection was lost while ${procedure} was under way: whether it was done is not known.`
      : `The connection was lost before ${procedure} was sent.`,
    { cause, outcome },
  );
}

/**
 * Makes an error's stack begin with who waits for the call.
 *
 * A call's error is made where its reply, its deadline or the end of the connection is noticed, which tells
 * nobody whose call it was. An async function that somebody waits for has that somebody on its stack: it
 * passes what it caught through this. To make an error with each call, in case it fails, would cost more than
 * the rest of the call.
 */
export function namingTheCaller(error: unknown): unknown {
  if (error instanceof Error) {
    Error.captureStackTrace(error, namingTheCaller);
  }
  return error;
}
