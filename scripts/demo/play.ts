import { type Answer, SmtpClient } from '../../fixtures/smtp-client.ts'
import type { Scene } from './scenes.ts'

/** What the client has read in the end, for each recipient: the refusal of RCPT, or the answer to the message. */
export type Heard = ReadonlyMap<string, Answer>

/** Plays one client: a real connection, one transaction, one message. */
export async function play(scene: Scene, port: number, content: Buffer): Promise<Heard> {
  const greeting = `EHLO ${scene.helo}\r\n`
  const client = await SmtpClient.open({ port, ip: scene.ip, ...(scene.impatient && { early: greeting }) })
  await client.answer()
  if (!scene.impatient) client.write(greeting)
  await client.answer()
  const heard = await transact(client, scene, content)
  await client.quit()
  return heard
}

async function transact(client: SmtpClient, scene: Scene, content: Buffer): Promise<Heard> {
  const recipients = Object.keys(scene.recipients)
  const parameters = content.some(byte => byte > 127) ? ' BODY=8BITMIME' : ''
  const mail = await client.say(`MAIL FROM:<${scene.sender}>${parameters}`)
  if (mail.code !== 250) return new Map(recipients.map(recipient => [recipient, mail]))

  const heard = new Map<string, Answer>()
  for (const recipient of recipients) heard.set(recipient, await client.say(`RCPT TO:<${recipient}>`))
  const accepted = recipients.filter(recipient => heard.get(recipient)?.code === 250)
  if (accepted.length === 0) return heard

  const data = await client.say('DATA')
  const final = data.code === 354 ? await client.send(content) : data
  for (const recipient of accepted) heard.set(recipient, final)
  return heard
}
