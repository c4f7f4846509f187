/** What only a person can say. Every answer may be undefined: they did not want to. */
export interface SshPrompts {
  /** Never kept by the caller longer than it is needed; `isWrong` after a wrong one. */
  passphrase(question: {
    readonly keyFile: string;
    readonly host: string;
    readonly isWrong: boolean;
    readonly signal: AbortSignal;
  }): Promise<string | undefined>;
  password(question: {
    readonly user: string;
    readonly host: string;
    readonly isWrong: boolean;
    readonly signal: AbortSignal;
  }): Promise<string | undefined>;
  /** Questions of the server itself, such as for a one-time code, answered in their order. */
  answers(question: {
    readonly host: string;
    readonly title: string;
    readonly instructions: string;
    readonly questions: readonly { readonly text: string; readonly echo: boolean }[];
    readonly signal: AbortSignal;
  }): Promise<readonly string[] | undefined>;
  /** A host key that is not known yet. Only `true` accepts it. */
  confirmHostKey(question: {
    readonly host: string;
    readonly address: string;
    readonly keyType: string;
    /** `SHA256:…` */
    readonly fingerprint: string;
    /** Where it will be written. */
    readonly file: string;
    /** Other keys known_hosts has for this host, of other types. */
    readonly otherKeyTypes: readonly string[];
    readonly signal: AbortSignal;
  }): Promise<boolean>;
  /** A signature takes its time: perhaps a touch or a PIN is waited for. Shown until the signal is aborted. */
  agentIsWaiting(notice: {
    readonly host: string;
    /** The key's fingerprint, with its comment or type. */
    readonly key: string;
    readonly signal: AbortSignal;
  }): void;
  /** What a person asked us to keep, which is tried before they are asked, and where nobody may be asked. */
  readonly kept?: {
    passphrase(question: { readonly keyFile: string }): Promise<string | undefined>;
    password(question: {
      readonly user: string;
      readonly host: string;
    }): Promise<string | undefined>;
  };
}
