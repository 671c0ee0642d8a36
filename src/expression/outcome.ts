import type { Reason } from '../engine/policy.ts'
import { accept, defer, pass, quarantine, reject, score, tag, type Verdict } from '../engine/verdict.ts'
import { Fault } from './fault.ts'

/** What a rule says when its expression is true: `score 3`, `reject "5.7.1 We do not take mail from {client}"`. */
export interface Outcome {
  /** `detail` is for the trace. */
  verdict(detail: string): Verdict<'matched'>
  readonly reason: Reason
}

/** What an outcome is made of; `text` still has its codes. */
interface Said {
  readonly points: number | undefined
  readonly text: string | undefined
  /** Where points and text stand. */
  readonly pointsAt: number
  readonly textAt: number
}

const words = ['pass', 'score', 'tag', 'accept', 'quarantine', 'defer', 'reject'] as const
type Word = (typeof words)[number]

const form = /^(\s*)(\S+)(\s*)(-?\d+(?:\.\d+)?(?!\S))?(\s*)(?:"([^"]*)")?(\s*)/

/** Reads an outcome. Throws a `Fault` when it is none. */
export function readOutcome(text: string): Outcome {
  const [all = '', lead = '', word = '', gap = '', points, space = '', words] = form.exec(text) ?? []
  const pointsAt = lead.length + word.length + gap.length
  const textAt = pointsAt + (points?.length ?? 0) + space.length
  const known = knownWord(word, lead.length)
  if (all.length < text.length) {
    const expected = `${examples[known]} and nothing behind it`
    throw new Fault({ offset: all.length, expected, found: JSON.stringify(text.slice(all.length)) })
  }
  return outcome(known, { points: points === undefined ? undefined : Number(points), text: words, pointsAt, textAt })
}

const examples: Readonly<Record<Word, string>> = {
  pass: 'pass',
  score: 'score 3',
  tag: 'tag',
  accept: 'accept',
  quarantine: 'quarantine, or quarantine "why"',
  defer: 'defer, or defer "4.7.1 what the sender reads"',
  reject: 'reject, or reject "5.7.1 what the sender reads"',
}

function knownWord(word: string, offset: number): Word {
  const known = words.find(known => known === word)
  if (known) return known
  throw new Fault({ offset, expected: 'what to do, such as score 3', found: JSON.stringify(word), known: words })
}

function outcome(word: Word, said: Said): Outcome {
  const { points, text, pointsAt, textAt } = said
  const mayHavePoints = word === 'score' || word === 'tag' || word === 'quarantine'
  if (points !== undefined && !mayHavePoints)
    throw new Fault({ offset: pointsAt, expected: examples[word], found: String(points) })
  if (points !== undefined && Math.abs(points) > 100) {
    throw new Fault({ offset: pointsAt, expected: 'at most 100 points', found: String(points) })
  }
  if (points === undefined && word === 'score')
    throw new Fault({ offset: pointsAt, expected: 'points, such as score 3', found: 'none' })
  if (text !== undefined && (word === 'pass' || word === 'accept')) {
    throw new Fault({ offset: textAt, expected: examples[word], found: JSON.stringify(text) })
  }
  const isRefusal = word === 'reject' || word === 'defer'
  const reason = isRefusal && text !== undefined ? readReason(word, text, textAt + 1) : usual
  const remark = isRefusal || text === undefined ? '' : `${text}: `
  return { reason, verdict: detail => verdictOf(word, `${remark}${detail}`, points ?? 0) }
}

function verdictOf(word: Word, detail: string, points: number): Verdict<'matched'> {
  switch (word) {
    case 'pass':
      return pass()
    case 'score':
      return score(points, 'matched', detail)
    case 'tag':
      return tag('matched', detail, points)
    case 'quarantine':
      return quarantine('matched', detail, points)
    case 'accept':
      return accept('matched', detail)
    case 'defer':
      return defer('matched', detail)
    case 'reject':
      return reject('matched', detail)
  }
}

const usual: Reason = ['7.1', 'We do not take this message']

const codes = { reject: [550, 554, 521], defer: [451, 452] } as const

/** `554 5.7.1 No`, `5.7.1 No`, `No` (RFC 5321, 4.2; RFC 3463). */
function readReason(word: 'reject' | 'defer', text: string, offset: number): Reason {
  const [, code, status, words = ''] = /^(?:(\d{3}) )?(?:(\d\.\d{1,3}\.\d{1,3}) )?(.*)$/s.exec(text) ?? []
  const known: readonly Reason[2][] = codes[word]
  const reply = known.find(known => String(known) === code)
  if (code !== undefined && reply === undefined)
    throw new Fault({ offset, expected: `one of the codes ${known.join(', ')}`, found: code })
  const first = word === 'reject' ? '5' : '4'
  if (status !== undefined && !status.startsWith(`${first}.`)) {
    throw new Fault({ offset: offset + (code ? 4 : 0), expected: `a status that begins with ${first}.`, found: status })
  }
  // A reply is a line of ASCII (RFC 5321, 4.2), behind which the id of the trace has to find a place.
  if (!/^[\x20-\x7e]{1,120}$/.test(words)) {
    throw new Fault({ offset, expected: 'one line of at most 120 characters in ASCII', found: JSON.stringify(words) })
  }
  const subject = (status?.slice(2) ?? usual[0]) as Reason[0] // its form was just checked
  return reply === undefined ? [subject, words] : [subject, words, reply]
}
