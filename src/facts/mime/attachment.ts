import { type FileKind, fileKind, isArchive } from './file-kind.ts'
import type { PartContent } from './part-content.ts'
import type { PartHeader } from './part-header.ts'
import { type Archive, endsAsZip, zipNames } from './zip-names.ts'

/** A part that is more than the text of the message. */
export interface Attachment {
  readonly name: string
  readonly otherNames?: readonly string[]
  readonly type: string
  readonly disposition: string
  readonly bytes: number
  readonly looksLike?: FileKind
  readonly archive?: Archive
}

const texts = ['text/plain', 'text/html']

/** What is known of an attachment before its body is. */
export function attachmentOf({ names: [name = '', ...otherNames], type, disposition }: PartHeader, bytes: number): Attachment {
  return { name, ...(otherNames.length > 0 && { otherNames }), type, disposition, bytes }
}

/** Whether a part is an attachment by its header: it has a name, or is no text. */
function isAttached({ names, type, disposition }: PartHeader): boolean {
  return names.length > 0 || disposition === 'attachment' || !texts.includes(type)
}

/** The attachment that a part is, if it is one. `mostNames` limits what is listed of an archive. */
export function readAttachment(header: PartHeader, content: PartContent, mostNames: number): Attachment | undefined {
  const kind = fileKind(content.head)
  if (!kind && !isAttached(header)) return undefined
  const archive = archiveIn(content, { kind, names: header.names, mostNames })
  return {
    ...attachmentOf(header, content.size),
    ...(kind && { looksLike: kind }),
    ...(archive && { archive }),
  }
}

interface About {
  readonly kind: FileKind | undefined
  readonly names: readonly string[]
  readonly mostNames: number
}

function archiveIn({ tail, size }: PartContent, { kind, names, mostNames }: About): Archive | undefined {
  if (kind === 'zip' || endsAsZip(tail)) return zipNames(tail, { size, most: mostNames })
  return isArchive(kind, names) ? { names: [], isComplete: false, isEncrypted: false } : undefined
}
