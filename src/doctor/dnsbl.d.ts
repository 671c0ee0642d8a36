// What we use of dnsbl, as it is in version 4.0.3, which has no types of its own. Its other function, and its other options, are
// not here because their answers have been wrong.
declare module 'dnsbl' {
  /**
   * Whether a list has an A record for an address, whatever record that is. Trouble of any kind is `false` too. A timer may keep
   * the process alive for so long after the answer.
   */
  export function lookup(
    address: string,
    zone: string,
    options: {
      /** `127.0.0.1:53`; its own are public resolvers, which the great lists do not answer. */
      readonly servers: readonly string[]
      /** In milliseconds. */
      readonly timeout: number
    },
  ): Promise<boolean>
}
