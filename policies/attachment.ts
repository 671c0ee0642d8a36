import { definePolicy, pass, quarantine, reject, score, type Verdict, z } from 'postern'
import { type MimeFinding, mime } from 'postern/facts'
import { extensionOf, hasDoubleExtension, isAnyOf, isProgramName } from './attachment/names.ts'

const action = z.enum(['score', 'quarantine', 'reject'])
const actionOrPass = z.enum(['pass', 'score', 'quarantine', 'reject'])

const extension = z
  .string()
  .transform(text => text.toLowerCase().replace(/^\*?\./, ''))
  .refine(text => /^[^\s./\\]+(?:\.[^\s./\\]+)*$/.test(text), 'expected a file extension, such as exe or tar.gz')
const mediaType = z
  .string()
  .toLowerCase()
  .refine(
    text => /^[^\s/;*]+\/(?:\*|[^\s/;*]+)$/.test(text),
    'expected a media type, such as application/x-msdownload or video/*',
  )

const options = z.strictObject({
  extensions: z
    .array(extension)
    .prefault([])
    .describe('Extensions of files that we do not take, such as `exe`; upper case and trailing dots do not matter.'),
  types: z
    .array(mediaType)
    .prefault([])
    .describe('Media types that we do not take, as the sender names them: `application/x-msdownload`, or `video/*` for all.'),
  insideArchives: z
    .boolean()
    .default(true)
    .describe('Whether the names of files in ZIP archives count like names of attachments.'),
  doubleExtensions: z
    .boolean()
    .default(false)
    .describe('Whether a program that is called like a document, `invoice.pdf.exe`, is unwanted whatever `extensions` says.'),
  disguised: z
    .boolean()
    .default(false)
    .describe('Whether a file is unwanted that is a program by its content, and not by its name.'),
  action: action
    .default('quarantine')
    .describe('What to do with a message that has something unwanted, by any of the options above.'),
  encryptedArchives: actionOrPass
    .default('pass')
    .describe('What to do with a ZIP archive that needs a password: no scanner can look into it.'),
  tooComplex: actionOrPass
    .default('pass')
    .describe('What to do with a message of too many parts, or a damaged ZIP archive, of which we do not see everything.'),
  points: z.number().min(0).default(4).describe('Points for a message with which something of this is to be done by `score`.'),
})

type Options = z.infer<typeof options>
type Action = z.infer<typeof actionOrPass>
type Attachment = MimeFinding['attachments'][number]
type Reason = 'unwanted' | 'double-extension' | 'disguised' | 'encrypted' | 'too-complex'

/** One thing that is wrong with a message, what is to be done about it, and the file. */
interface Objection {
  readonly action: Action
  readonly reason: Reason
  readonly file: string
}

/** Judges messages by the kinds of files they bring, by their names as a mail program would save them. */
export default definePolicy({
  name: 'attachment',
  phase: 'message',
  summary: 'Quarantine or refuse messages with attachments of unwanted kinds, also within ZIP archives and under false names.',
  evidence: 'content',
  // An attacker could make it too slow to be done in time, and would be let in by that.
  onError: 'defer',
  options,
  reasons: {
    unwanted: ['7.1', 'This message has an attachment of a kind that we do not take'],
    'double-extension': ['7.1', 'This message has a program as an attachment that is called like a document'],
    disguised: ['7.1', 'This message has a program as an attachment that is called like something else'],
    encrypted: ['7.1', 'This message has an archive as an attachment that needs a password'],
    'too-complex': ['6.0', 'This message, or an archive in it, has a structure that we cannot read to its end'],
  },
  facts: () => ({ mime }),
  judge({ options, facts: { mime } }) {
    const objections = [
      ...mime.attachments.flatMap(attachment => objectionsTo(attachment, options)),
      ...(mime.status === 'parsed' ? [] : [{ action: options.tooComplex, reason: 'too-complex', file: mime.status } as const]),
    ]
    return verdictOn(objections, options.points)
  },
})

const weights: Readonly<Record<Action, number>> = { pass: 0, score: 1, quarantine: 2, reject: 3 }
const mostInDetail = 5

/** What is to be done about the worst, which is the reason for the rest. */
function verdictOn(objections: readonly Objection[], points: number): Verdict<Reason> {
  const [worst] = objections.toSorted((a, b) => weights[b.action] - weights[a.action])
  if (!worst || worst.action === 'pass') return pass()
  const files = objections.filter(({ reason }) => reason === worst.reason).map(({ file }) => file)
  const detail = files.slice(0, mostInDetail).join(', ')
  if (worst.action === 'score') return score(points, worst.reason, detail)
  return worst.action === 'reject' ? reject(worst.reason, detail) : quarantine(worst.reason, detail)
}

function objectionsTo(attachment: Attachment, options: Options): Objection[] {
  const { name, otherNames = [], type, archive } = attachment
  const names = [name, ...otherNames, ...(options.insideArchives ? (archive?.names ?? []) : [])]
  const { action } = options
  const unwanted = names.filter(name => isAnyOf(name, options.extensions))
  const double = options.doubleExtensions ? names.filter(hasDoubleExtension) : []
  return [
    ...unwanted.map(file => ({ action, reason: 'unwanted', file }) as const),
    ...(options.types.some(pattern => isOfType(type, pattern)) ? [{ action, reason: 'unwanted', file: type } as const] : []),
    ...double.map(file => ({ action, reason: 'double-extension', file }) as const),
    ...(options.disguised && isDisguised(attachment) ? [{ action, reason: 'disguised', file: name } as const] : []),
    ...(archive?.isEncrypted ? [{ action: options.encryptedArchives, reason: 'encrypted', file: name } as const] : []),
    ...(isUnreadable(attachment) ? [{ action: options.tooComplex, reason: 'too-complex', file: name } as const] : []),
  ]
}

function isOfType(type: string, pattern: string): boolean {
  return pattern.endsWith('/*') ? type.startsWith(pattern.slice(0, -1)) : type === pattern
}

/** A program under a name, or as a type, that is none of a program. Programs of Unix have no extension. */
function isDisguised({ name, otherNames = [], type, looksLike }: Attachment): boolean {
  if (looksLike !== 'executable') return false
  const names = [name, ...otherNames].filter(name => extensionOf(name) !== '')
  return names.length === 0 ? !type.startsWith('application/') : !names.every(isProgramName)
}

/** Other archives are never read; this one was, and something is missing. */
function isUnreadable({ looksLike, archive }: Attachment): boolean {
  return archive !== undefined && !archive.isComplete && (looksLike === 'zip' || archive.names.length > 0)
}
