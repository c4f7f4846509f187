/** Something that the tests need is missing and could not be had; the message says what to do. */
export class SetupError extends Error {}
