/** What a server offers in its reply to EHLO or LHLO (RFC 5321, 4.1.1.1), as far as it concerns us. */
export interface Extensions {
  /** RFC 2920. */
  readonly pipelining: boolean
  /** RFC 1870: whether it understands SIZE=, and the largest message it takes, if it says so. */
  readonly size: boolean
  readonly maxSize?: number
  /** RFC 6152. */
  readonly eightBitMime: boolean
  /** RFC 6531. */
  readonly smtpUtf8: boolean
  /** RFC 3207. */
  readonly startTls: boolean
  /** RFC 8689. */
  readonly requireTls: boolean
  /** The mechanisms of AUTH (RFC 4954). */
  readonly auth: ReadonlySet<string>
  /** RFC 2034. */
  readonly enhancedStatusCodes: boolean
  /** The attributes that it takes with Postfix's XCLIENT and XFORWARD. Empty when it does not offer the command. */
  readonly xclient: ReadonlySet<string>
  readonly xforward: ReadonlySet<string>
  /** RFC 9422: how many transactions it allows on one connection. */
  readonly mailMax?: number
}

/** What a server can that has answered only HELO. */
export const noExtensions: Extensions = parseExtensions([])

/** Reads the lines of a reply to EHLO: the first is a greeting, each other one names an extension. */
export function parseExtensions(lines: readonly string[]): Extensions {
  const offered = new Map(lines.slice(1).map(keywordAndArguments))
  const maxSize = number(offered.get('SIZE')?.[0])
  const mailMax = number(
    offered
      .get('LIMITS')
      ?.find(limit => limit.startsWith('MAILMAX='))
      ?.slice('MAILMAX='.length),
  )
  return {
    pipelining: offered.has('PIPELINING'),
    size: offered.has('SIZE'),
    // RFC 1870, 4: zero is no limit.
    ...(maxSize && { maxSize }),
    eightBitMime: offered.has('8BITMIME'),
    smtpUtf8: offered.has('SMTPUTF8'),
    startTls: offered.has('STARTTLS'),
    requireTls: offered.has('REQUIRETLS'),
    auth: new Set(offered.get('AUTH')),
    enhancedStatusCodes: offered.has('ENHANCEDSTATUSCODES'),
    xclient: new Set(offered.get('XCLIENT')),
    xforward: new Set(offered.get('XFORWARD')),
    ...(mailMax && { mailMax }),
  }
}

function keywordAndArguments(line: string): [string, readonly string[]] {
  const [keyword = '', ...rest] = line.trim().toUpperCase().split(/ +/)
  return [keyword, rest]
}

function number(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined
}
