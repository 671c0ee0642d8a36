import { isTemporary, type Reply } from '../mail/reply.ts'

interface Cause {
  /** Statuses without their first digit (RFC 3463), and words that servers say. */
  readonly statuses?: readonly string[]
  readonly words?: RegExp
  /** Two sentences for whoever wrote the message: what has happened, and what to do. */
  readonly text: string
}

// The words come first: statuses are often more general than what stands behind them.
const causes: readonly Cause[] = [
  {
    statuses: ['1.10'],
    words: /null ?mx|does not accept mail/i,
    text: 'This domain says that it receives no mail at all. Please check the part of the address behind the @.',
  },
  {
    statuses: ['2.2'],
    words: /mailbox (?:is )?full|over ?quota|quota exceeded|exceeded (?:its |storage )?quota|out of storage/i,
    text: 'The recipient’s mailbox is full. Please tell them in another way, or try again in some days.',
  },
  {
    words:
      /spamhaus|barracuda|spamcop|block ?list|black ?list|\brbl\b|dnsbl|poor reputation|bad reputation|listed (?:at|in|by|on)/i,
    text: 'The recipient’s server refuses mail from our server because of a blocklist. This is not your fault: please show this message to your administrator.',
  },
  {
    statuses: ['7.26', '7.20', '7.23'],
    words: /dmarc|\bspf\b|\bdkim\b|unauthenticated (?:mail|email)|not pass authentication/i,
    text: 'The recipient’s server could not verify that the message really comes from your domain. Please show this message to your administrator.',
  },
  {
    words: /spam|junk|unsolicited|content (?:rejected|blocked)|virus|malware/i,
    text: 'The recipient’s server took the message for spam, or for dangerous. Please write it differently, without attachments and links, or ask the recipient in another way.',
  },
  {
    words: /rate.?limit|throttl|too many (?:messages|connections)|temporarily deferred/i,
    text: 'The recipient’s server takes only so much mail from us at a time.',
  },
  {
    words: /gr[ea]y.?list/i,
    text: 'The recipient’s server lets unknown senders wait for a while before it takes their mail. You need not do anything.',
  },
  {
    statuses: ['1.1', '1.3', '1.6', '2.1', '2.0'],
    words:
      /user unknown|unknown user|no such (?:user|mailbox|recipient|person)|does not exist|mailbox unavailable|recipient (?:address )?rejected|invalid recipient|unknown recipient|account (?:is )?disabled/i,
    text: 'This address does not exist, or is not in use any more. Please check how it is written, or ask for a new one.',
  },
  {
    statuses: ['1.2', '4.4', '4.3'],
    words: /no such domain|domain not found|host (?:not found|unknown)|nxdomain/i,
    text: 'The domain of this address cannot be found. Please check the part behind the @.',
  },
  {
    statuses: ['3.4', '2.3'],
    words: /too (?:large|big)|size (?:limit|exceed)|exceeds.{0,20}size/i,
    text: 'The message is too large for the recipient’s server. Please send it without its attachments, or smaller ones.',
  },
  {
    statuses: ['6.7', '6.9', '6.3'],
    text: 'The recipient’s server does not take the characters that the message or an address uses.',
  },
  {
    statuses: ['7.4', '7.5', '7.10', '7.30'],
    words: /starttls|certificate|\bdane\b|mta-sts|encrypt/i,
    text: 'The message must go over a secure connection, and none could be made to the recipient’s server.',
  },
  {
    statuses: ['4.6'],
    words: /mail loop|too many hops|loop detected/i,
    text: 'The message went round in circles between servers. Please show this message to your administrator.',
  },
  {
    statuses: ['7.1', '7.0', '7.2'],
    words: /relay(?:ing)? (?:access )?denied|not permitted|access denied|not authori[sz]ed|policy/i,
    text: 'The recipient’s server refuses the message because of its rules. Please ask the recipient in another way, or show this message to your administrator.',
  },
  {
    statuses: ['4.1', '4.2', '4.5', '3.2', '4.7'],
    text: 'The recipient’s server could not be reached, or did not answer in time.',
  },
]

const unknown = {
  temporary: 'The recipient’s server could not take the message for the time being.',
  permanent: 'The recipient’s server refused the message.',
} as const

/** What a reply means, in words for whoever wrote the message. */
export function causeOf(reply: Reply, said = ''): string {
  const words = `${reply.text} ${said}`.slice(0, 1000)
  const status = reply.status.slice(reply.status.indexOf('.') + 1)
  const cause =
    causes.find(({ words: pattern }) => pattern?.test(words)) ?? causes.find(({ statuses }) => statuses?.includes(status))
  return cause?.text ?? (isTemporary(reply) ? unknown.temporary : unknown.permanent)
}
