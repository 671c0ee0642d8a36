import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { describe, it } from 'node:test'
import { deliveryReport } from '../../src/dsn/report.ts'
import { delayed, failed, reportWith } from '../dsn/reports.ts'
import { python } from './support/needs.ts'

const program = `
import email, email.policy, json, sys
message = email.message_from_bytes(sys.stdin.buffer.read(), policy=email.policy.default)
parts = list(message.iter_parts())
print(json.dumps({
  'type': message.get_content_type(), 'report': message['content-type'].params['report-type'],
  'defects': [str(d) for part in message.walk() for d in part.defects],
  'parts': [part.get_content_type() for part in parts], 'text': parts[0].get_content(),
  'status': [dict(block.items()) for block in parts[1].get_payload()],
  'returned': parts[2].get_content() if parts[2].get_content_maintype() == 'text' else parts[2].get_payload(0)['message-id'],
}))
`

const skip = existsSync(python) ? false : `needs ${python}`

describe("Python's email reads our reports", { skip }, () => {
  for (const ret of ['HDRS', 'FULL'] as const) {
    it(`as multipart/report without a defect, with RET=${ret}`, async () => {
      const report = { ...reportWith(failed, delayed), parameters: { ret } }
      const message = await deliveryReport(report)
      const input = Buffer.concat(await Array.fromAsync(message.chunks()))
      const { stdout, stderr } = spawnSync(python, ['-c', program], { input, encoding: 'utf8' })
      assert.equal(stderr, '')
      const read = JSON.parse(stdout)
      const third = ret === 'FULL' ? 'message/rfc822' : 'text/rfc822-headers'
      assert.deepEqual([read.type, read.report, read.defects], ['multipart/report', 'delivery-status', []])
      assert.deepEqual(read.parts, ['text/plain', 'message/delivery-status', third])
      assert.match(read.text, /This address does not exist/)
      assert.equal(read.status.length, 3)
      assert.equal(read.status[1]['Final-Recipient'], 'rfc822; bob@a.example')
      assert.equal(read.status[1].Action, 'failed')
      assert.equal(read.status[2].Action, 'delayed')
      assert.match(read.returned, /<1@our\.example>/)
    })
  }
})
