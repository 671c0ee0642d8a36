import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type MimeFinding, mime } from 'postern/facts'
import { findFact, message, testPolicy } from 'postern/testing'
import policy from '../../policies/attachment.ts'

type Attachment = MimeFinding['attachments'][number]

const ordinary: Attachment = { name: 'notes.pdf', type: 'application/pdf', disposition: 'attachment', bytes: 1000 }
const facts = (attachment: Partial<Attachment>, status: MimeFinding['status'] = 'parsed'): { mime: MimeFinding } => ({
  mime: { status, parts: 2, attachments: [ordinary, { ...ordinary, ...attachment }] },
})
const called = (name: string) => facts({ name })
const archive = (about: Partial<NonNullable<Attachment['archive']>>) =>
  facts({ name: 'a.zip', looksLike: 'zip', archive: { names: ['a.txt'], isComplete: true, isEncrypted: false, ...about } })
const program = (about: Partial<Attachment>) => facts({ looksLike: 'executable', ...about })

const unwanted = { options: { extensions: ['exe', '.JS', '*.tar.gz'] }, expect: 'quarantine unwanted' as const }
const welcome = { ...unwanted, expect: 'pass' as const }
const double = { options: { doubleExtensions: true }, expect: 'quarantine double-extension' } as const
const disguised = { options: { disguised: true }, expect: 'quarantine disguised' } as const

testPolicy(policy, {
  'without options everything passes': [
    { facts: called('a.exe'), expect: 'pass' },
    { facts: facts({}, 'too-complex'), expect: 'pass' },
    { facts: archive({ isEncrypted: true, names: ['a.pdf.exe'] }), expect: 'pass' },
  ],
  'an extension is unwanted': [
    { facts: called('setup.exe'), ...unwanted },
    { facts: called('setup.js'), ...unwanted },
    { facts: called('setup.tar.gz'), ...unwanted },
    { facts: called('setup.gz'), ...welcome },
    { facts: called('exe'), ...welcome },
    { facts: called('exe.pdf'), ...welcome },
    { facts: called(''), ...welcome },
  ],
  'tricks with names do not help': [
    { facts: called('SETUP.ExE'), ...unwanted },
    { facts: called('setup.exe. . ..'), ...unwanted },
    { facts: called('setup.exe\u00a0\u3000'), ...unwanted },
    { facts: called('setup\uff0e\uff45xe'), ...unwanted },
    { facts: called('C:\\a.txt\\setup.exe'), ...unwanted },
    { facts: called('a.pdf                                        .exe'), ...unwanted },
    { facts: facts({ otherNames: ['setup.exe'] }), ...unwanted },
  ],
  'what is in an archive counts, unless it is not to': [
    { facts: archive({ names: ['a.txt', 'folder/b.EXE '] }), ...unwanted },
    { facts: archive({ names: ['folder.exe/a.txt'] }), ...welcome },
    { facts: archive({ names: ['b.exe'] }), options: { extensions: ['exe'], insideArchives: false }, expect: 'pass' },
  ],
  'a media type is unwanted': [
    { facts: facts({ type: 'video/mp4' }), options: { types: ['Video/*'] }, expect: 'quarantine unwanted' },
    { facts: facts({ type: 'video/mp4' }), options: { types: ['video/mp4'] }, expect: 'quarantine unwanted' },
    { facts: facts({ type: 'video/mp4' }), options: { types: ['video/mpeg', 'vide/*'] }, expect: 'pass' },
  ],
  'a program is called like a document': [
    { facts: called('invoice.pdf.exe'), ...double },
    { facts: called('invoice.PDF     .Scr. '), ...double },
    { facts: archive({ names: ['a/invoice.docx.lnk'] }), ...double },
    { facts: called('jquery.min.js'), ...double, expect: 'pass' },
    { facts: called('program.exe.pdf'), ...double, expect: 'pass' },
  ],
  'a program is called like something else': [
    { facts: program({}), ...disguised },
    { facts: program({ name: 'a.exe', otherNames: ['a.txt'] }), ...disguised },
    { facts: program({ name: '', type: 'image/png' }), ...disguised },
    { facts: program({ name: 'setup.exe' }), ...disguised, expect: 'pass' },
    { facts: program({ name: 'postern', type: 'application/octet-stream' }), ...disguised, expect: 'pass' },
  ],
  'what to do is an option': [
    { facts: called('a.exe'), options: { extensions: ['exe'], action: 'reject' }, expect: 'reject unwanted' },
    { facts: called('a.exe'), options: { extensions: ['exe'], action: 'score', points: 2.5 }, expect: 'score 2.5 unwanted' },
  ],
  'an archive needs a password': [
    { facts: archive({ isEncrypted: true }), options: { encryptedArchives: 'reject' }, expect: 'reject encrypted' },
    { facts: archive({ isEncrypted: true }), options: { encryptedArchives: 'score' }, expect: 'score 4 encrypted' },
    { facts: archive({}), options: { encryptedArchives: 'reject' }, expect: 'pass' },
  ],
  'not everything can be seen': [
    { facts: facts({}, 'too-complex'), options: { tooComplex: 'quarantine' }, expect: 'quarantine too-complex' },
    { facts: facts({}, 'too-big'), options: { tooComplex: 'score' }, expect: 'score 4 too-complex' },
    { facts: archive({ names: [], isComplete: false }), options: { tooComplex: 'reject' }, expect: 'reject too-complex' },
    {
      facts: facts({ looksLike: 'rar', archive: { names: [], isComplete: false, isEncrypted: false } }),
      options: { tooComplex: 'reject' },
      expect: 'pass',
    },
  ],
  'the worst decides': {
    facts: archive({ names: ['a.exe'], isEncrypted: true }),
    options: { extensions: ['exe'], action: 'score', encryptedArchives: 'quarantine' },
    expect: 'quarantine encrypted',
  },
})

describe('the options of attachment', () => {
  it('name what is no extension, and no media type', () => {
    const { error } = policy.options.safeParse({ extensions: ['exe', 'a/b', ''], types: ['exe', '*/*'] })
    const type = 'expected a media type, such as application/x-msdownload or video/*'
    const extension = 'expected a file extension, such as exe or tar.gz'
    assert.deepEqual(
      error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`),
      [`extensions.1: ${extension}`, `extensions.2: ${extension}`, `types.0: ${type}`, `types.1: ${type}`],
    )
  })
})

describe('attachment and mime', () => {
  const header = { 'Content-Type': 'multipart/mixed; boundary=b' }
  const verdict = async (field: string) => {
    const found = await findFact(mime, { message: message(header, `--b\n${field}\n\nMZ\n--b--\n`) })
    const options = policy.options.parse({ extensions: ['exe'] })
    return policy.judge({ options, facts: { mime: found } } as Parameters<typeof policy.judge>[0]) // All that it looks at.
  }

  it('see through what a sender does to a name', async () => {
    const disguises = [
      'Content-Type: text/plain; name="a.exe"',
      'Content-Type: a/b; name="invoice\u202efdp.exe"',
      'Content-Type: a/b; name="a.e\u200bx\u202ee . "',
      'Content-Type: a/b; name="=?utf-8?q?a=2Eex?= =?utf-8?b?ZQ==?="',
      "Content-Disposition: inline; filename*0*=utf-8''a%2E; filename*1=EXE",
      'Content-Disposition: attachment; filename=a.txt; filename*=%61.exe',
      'Content-Disposition: attachment; filename=a.txt\nContent-Type: a/b; name=a.exe',
      'Content-Type: a/b;\n name = (comment)\n  "a.exe',
    ]
    for (const field of disguises) assert.equal((await verdict(field)).action, 'quarantine', field)
    assert.deepEqual(await verdict('Content-Type: a/b; name=a.EXE'), {
      action: 'quarantine',
      reason: 'unwanted',
      detail: 'a.EXE',
    })
    assert.equal((await verdict('Content-Type: a/b; name=a.txt')).action, 'pass')
  })
})
