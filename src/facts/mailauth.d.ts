// What we use of mailauth, as it is in version 7.1: its own types know only the entry that we do not use.

interface MailauthStatus {
  readonly result: string
  readonly comment?: string
  readonly underSized?: number
  readonly testing?: boolean
  readonly policy?: Readonly<Record<string, string>>
}

type MailauthResolver = (name: string, type: string) => Promise<readonly unknown[]>

declare module 'mailauth/lib/spf/index.js' {
  export function spf(options: {
    readonly sender: string
    readonly ip: string
    readonly helo: string
    readonly mta: string
    readonly resolver: MailauthResolver
    readonly strict: boolean
    readonly maxElapsedTime: number
  }): Promise<{
    readonly domain: string
    readonly status: MailauthStatus
    readonly lookups?: { readonly count: number; readonly void: number }
  }>
}

declare module 'mailauth/lib/dkim/verify.js' {
  export interface Signature {
    readonly signingDomain?: string
    readonly selector?: string
    readonly signature?: string
    readonly algo?: string
    readonly status: MailauthStatus
    readonly signTime?: string | null
    readonly modulusLength?: number
    /** The names of the fields that it covers: `From: To: Subject`. Absent when it was not verified. */
    readonly signingHeaders?: { readonly keys: string }
  }
}

declare module 'mailauth/lib/dkim/dkim-verifier.js' {
  import type { ArcData } from 'mailauth/lib/arc/index.js'
  import type { Signature } from 'mailauth/lib/dkim/verify.js'
  import type { Headers, KeyCache } from 'mailauth/lib/tools.js'

  export interface MailauthBodyHash {
    readonly bodyHashedBytes: number
    readonly canonicalizedLength: number
    /** In Base64. */
    digest(): string
    setContentType(): void
    getMimeStructureStart(): number | undefined
  }

  /** A stream that is given a message. We call what it calls itself when it has read the header, and when it has read all. */
  export class DkimVerifier {
    constructor(options: {
      readonly resolver: MailauthResolver
      readonly strict: boolean
      readonly curTime: Date
      /** Of the envelope. */
      readonly sender: string
    })
    keyCache: KeyCache
    readonly arc: ArcData
    readonly bodyHashes: Map<string, MailauthBodyHash>
    readonly headerFrom: readonly string[]
    readonly fromFields: number
    readonly results: readonly Signature[]
    /** Called for each way in which a signature has the body hashed. The key is what the hash is found by. */
    addBodyHash(form: 'simple' | 'relaxed', algorithm: 'sha256' | 'sha1', length: number | ''): string
    messageHeaders(headers: Headers): Promise<void>
    finalChunk(): Promise<void>
  }
}

declare module 'mailauth/lib/tools.js' {
  /** A header section that has been cut at its fields. */
  export interface Headers {
    readonly parsed: readonly unknown[]
  }

  export interface PublicKey {
    /** In PEM, or in anything else that is a key for `crypto.verify`. */
    readonly publicKey: unknown
    /** Of an RSA key. */
    readonly modulusLength?: number
    readonly keyType: string
    /** What stands in `t=`, in lower case. */
    readonly flags: readonly string[]
    readonly testing: boolean
  }

  export interface KeyCache {
    readonly resolver: MailauthResolver
    get(type: string, name: string, bits: undefined, options: { readonly hashAlgo: string }): Promise<PublicKey>
  }

  export const KEY_ERROR_COMMENTS: ReadonlyMap<string, string>
  export function parseHeaders(header: Buffer): Headers
  export function toALabel(domain: string): string
  export function getPublicKey(
    type: string,
    name: string,
    bits: undefined,
    resolver: MailauthResolver,
    options: { readonly strict: boolean; readonly hashAlgo: string },
  ): Promise<PublicKey & { readonly publicKey: string }>
}

declare module 'mailauth/lib/arc/index.js' {
  import type { KeyCache } from 'mailauth/lib/tools.js'

  interface TagList {
    readonly parsed?: Readonly<Record<string, { readonly value?: unknown } | undefined>>
  }

  /** The sets as they were read, before any seal is verified; `false` when there are none, or they make no chain. */
  interface ArcData {
    keyCache?: KeyCache
    readonly chain: readonly { readonly i: number; readonly [field: string]: unknown }[] | false
  }

  export function arc(
    data: ArcData,
    options: { readonly resolver: MailauthResolver; readonly strict: boolean },
  ): Promise<{ readonly status: MailauthStatus }>

  export type { ArcData, TagList }
}

declare module 'mailauth/lib/dmarc/verify.js' {
  interface Verdict {
    readonly status: MailauthStatus
    readonly policy?: string
    readonly policyDomain?: string
    readonly testMode?: boolean
    readonly error?: string
    readonly alignment?: {
      readonly spf: { readonly result?: string }
      readonly dkim: { readonly result?: string }
    }
  }

  export default function verifyDmarc(options: {
    readonly headerFrom: readonly string[]
    readonly fromFields: number
    readonly spfDomains: readonly string[]
    readonly dkimDomains: readonly string[]
    readonly resolver: MailauthResolver
    readonly strict: boolean
  }): Promise<Verdict | false>
}
