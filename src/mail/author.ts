import { type Address, parseAddress } from './address.ts'

/** Who a From field says has written the message (RFC 5322, 3.6.2). */
export interface Authors {
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
  const { entries, isWhole } = split(value)
  const read = entries.filter(entry => entry.phrase.trim() !== '' || entry.angles.length > 0).map(readEntry)
  return {
    addresses: read.flatMap(({ addresses }) => addresses),
    isAmbiguous: !isWhole || read.length === 0 || read.some(({ isClear }) => !isClear) || /[\x00-\x08\x0a-\x1f\x7f]/.test(value),
  }
}

/** One mailbox as it was written, without its comments. */
interface Entry {
  /** What stands outside of angle brackets, quotes included. */
  phrase: string
  /** What stands in them. */
  readonly angles: string[]
  /** Something stands behind the last of them. */
  hasTail: boolean
}

// RFC 5322, 3.2.2 and 3.2.4: comments nest, and a backslash takes the meaning from what follows it.
const tokens = /\\.|"(?:[^"\\]|\\.)*"|[()<>,;:"]|[^\\()<>,;:"]+/gs

/** Cuts a list of mailboxes at its commas, as far as they are not in quotes or comments. A group is the list that it holds. */
function split(value: string): { readonly entries: readonly Entry[]; readonly isWhole: boolean } {
  const entries: Entry[] = [newEntry()]
  let depth = 0
  let angle: string | undefined
  for (const [token] of value.matchAll(tokens)) {
    const entry = entries.at(-1) as Entry // There is always one.
    if (depth > 0 || token === '(') depth += Number(token === '(') - Number(token === ')')
    else if (angle !== undefined && token === '>') {
      entry.angles.push(angle)
      angle = undefined
    } else if (angle !== undefined) angle += token
    else if (token === '<') angle = ''
    else if (token === ',' || token === ';') entries.push(newEntry())
    else if (token === ':') entries.splice(-1, 1, newEntry())
    else {
      entry.phrase += token
      if (entry.angles.length > 0 && token.trim() !== '') entry.hasTail = true
    }
  }
  return { entries, isWhole: depth === 0 && angle === undefined && !/^[^"]*"[^"]*$/.test(value) }
}

function newEntry(): Entry {
  return { phrase: '', angles: [], hasTail: false }
}

function readEntry({ phrase, angles, hasTail }: Entry): { readonly addresses: readonly Address[]; readonly isClear: boolean } {
  const written = angles.length > 0 ? angles : [phrase]
  const addresses = written.map(text => parseAddress(plain(text))).filter(address => address !== undefined)
  // Behind the brackets there may be another address, which is the one that some programs show.
  const tail = hasTail ? parseAddress(plain(phrase)) : undefined
  return {
    addresses: tail ? [...addresses, tail] : addresses,
    isClear: addresses.length === 1 && angles.length <= 1 && !hasTail,
  }
}

/** Without white space around, and without a route (RFC 5322, 4.4: obs-route). */
function plain(text: string): string {
  return text.trim().replace(/^@[^:]*:/, '')
}
