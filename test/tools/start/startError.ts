/** Something kept VM Deck from being opened; the message says what, and what to do. */
export class StartError extends Error {
  override readonly name = 'StartError';
}
