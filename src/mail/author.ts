import { type Address, formatAddress, parseAddress } from './address.ts'
import { registeredDomain } from './domain.ts'

/** Who a From field says has written the message (RFC 5322, 3.6.2). */
export interface Authors {
  /** All that any program might see, if there are several ways to read the field. */
  readonly addresses: readonly Address[]
  /**
   * Programs may disagree on who is meant: there is something that is no address, or something behind one, or what can
   * only be read in one way if one knows how. What they are shown is then up to the sender.
   */
  readonly isAmbiguous: boolean
}

/** Longer than any list of people who write a message together. */
const mostCharacters = 16_384

/** Reads the value of a From field, unfolded. */
export function parseAuthors(value: string): Authors {
  if (value.length > mostCharacters) return { addresses: [], isAmbiguous: true }
  const [usual, other = usual] = readings(value)
  const seen = usual.addresses.map(formatAddress)
  const seenByOthers = other.addresses.map(formatAddress)
  return {
    addresses: [...usual.addresses, ...other.addresses.filter(address => !seen.includes(formatAddress(address)))],
    isAmbiguous: usual.isAmbiguous || seen.join() !== seenByOthers.join() || /[\x00-\x08\x0a-\x1f\x7f]/.test(value),
  }
}

// RFC 5322, 3.2.2 and 3.2.4: a backslash takes the meaning from what follows it, in quotes and in comments.
const inText = /\\.|"(?:[^"\\]|\\.)*"|[()<>,;:"\\]|[^\\()<>,;:"]+/sy
/** Comments nest, and a quote in one is a character like any other. */
const inComment = /\\.|[()\\]|[^\\()]+/sy
/** Not every program knows that: for some a quoted string hides the end of the comment. */
const inQuotedComment = /\\.|"(?:[^"\\]|\\.)*"|[()"\\]|[^\\()"]+/sy

/** A backslash is for quotes and comments: in front of such a sign anywhere else, it counts for some programs and not for others. */
const isEscaped = /^\\[()<>,;:"@\\]/

function readings(value: string): readonly [Authors, Authors?] {
  const usual = interpret(read(value, inComment))
  return value.includes('(') && value.includes('"') ? [usual, interpret(read(value, inQuotedComment))] : [usual]
}

/** One mailbox as it was written. Where a comment stood there is white space now. */
interface Mailbox {
  /** What stands in front of angle brackets, or all of it; quotes included. */
  phrase: string
  /** What stands in brackets. */
  readonly angles: string[]
  /** What stands behind them. */
  tail: string
  comments: string
}

interface Reading {
  readonly mailboxes: readonly Mailbox[]
  /** Everything that was opened is closed. */
  readonly isWhole: boolean
}

/** Cuts a list of mailboxes at its commas, as far as they are not in quotes or comments. A group is the list that it holds. */
function read(value: string, commentTokens: RegExp): Reading {
  const mailboxes: Mailbox[] = [newMailbox()]
  let [depth, isWhole] = [0, true]
  let angle: string | undefined
  for (let at = 0, token = ''; at < value.length; at += token.length) {
    token = tokenAt(value, at, depth > 0 ? commentTokens : inText)
    const mailbox = mailboxes.at(-1) as Mailbox // There is always one.
    if (token === '"' || token === '\\' || (depth === 0 && isEscaped.test(token))) isWhole = false
    if (depth > 0 || token === '(') {
      depth += Number(token === '(') - Number(token === ')')
      if (depth > 0) mailbox.comments += token === '(' ? ' ' : token
      else if (angle === undefined) addText(mailbox, ' ')
      else angle += ' '
    } else if (angle !== undefined && token !== '>') angle += token
    else if (angle !== undefined) {
      mailbox.angles.push(angle)
      angle = undefined
    } else if (token === '<') angle = ''
    else if (token === ',' || token === ';') mailboxes.push(newMailbox())
    else if (token === ':') {
      if (!isGroupName(mailbox)) isWhole = false
      mailboxes.splice(-1, 1, newMailbox())
    } else addText(mailbox, token)
  }
  return { mailboxes: mailboxes.filter(isSomething), isWhole: isWhole && depth === 0 && angle === undefined }
}

function tokenAt(value: string, at: number, tokens: RegExp): string {
  tokens.lastIndex = at
  return tokens.exec(value)?.[0] ?? value.slice(at, at + 1)
}

function newMailbox(): Mailbox {
  return { phrase: '', angles: [], tail: '', comments: '' }
}

function addText(mailbox: Mailbox, text: string): void {
  if (mailbox.angles.length > 0) mailbox.tail += text
  else mailbox.phrase += text
}

/** A comment alone is nothing, unless there is an address in it: not every program knows comments. */
function isSomething({ phrase, angles, tail, comments }: Mailbox): boolean {
  return phrase.trim() !== '' || angles.length > 0 || tail.trim() !== '' || comments.includes('@')
}

/** What looks like an address may be one, for a program that knows no groups. */
function isGroupName({ phrase, angles }: Mailbox): boolean {
  return angles.length === 0 && !unquoted(phrase).includes('@')
}

function interpret({ mailboxes, isWhole }: Reading): Authors {
  const authors = mailboxes.map(authorsOf)
  return {
    addresses: authors.flatMap(({ addresses }) => addresses),
    isAmbiguous: !isWhole || authors.length === 0 || authors.some(({ isAmbiguous }) => isAmbiguous),
  }
}

/** A local part that looks like an address, or that some programs decode (RFC 2047, 5 forbids it) and then show as one. */
const isDisguise = /=\?.*\?=|[@<>]/

function authorsOf({ phrase, angles, tail, comments }: Mailbox): Authors {
  const written = angles.length > 0 ? angles : [phrase]
  const addresses = written.map(text => parseAddress(withoutRoute(text.trim()))).filter(address => address !== undefined)
  const aside = angles.length > 0 ? `${phrase} ${comments}` : comments
  const isClear =
    addresses.length === 1 &&
    written.length === 1 &&
    tail.trim() === '' &&
    !written[0]?.trim().startsWith('@') &&
    !isDisguise.test(addresses[0]?.local ?? '') &&
    !addressesIn(aside).some(other => registeredDomain(other.domain) !== registeredDomain(addresses[0]?.domain ?? ''))
  // Behind the brackets there may be another address, which is the one that some programs show.
  return { addresses: [...addresses, ...addressesIn(tail)], isAmbiguous: !isClear }
}

/** RFC 5322, 4.4: obs-route. */
function withoutRoute(text: string): string {
  return text.replace(/^@[^:]*:/, '')
}

/** What is a name for most programs is an address for some, unless it is in quotes. */
function addressesIn(text: string): Address[] {
  if (!text.includes('@')) return []
  const words = unquoted(text).split(/[\s<>()",;:]+/)
  return words.map(parseAddress).filter(address => address !== undefined)
}

function unquoted(text: string): string {
  // What is escaped comes first: else each of many escaped quotes would be taken for the start of a string, in vain.
  return text.replaceAll(/\\.|"(?:[^"\\]|\\.)*"/gs, ' ')
}
