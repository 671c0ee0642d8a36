import assert from 'node:assert/strict'
import { TLSSocket } from 'node:tls'
import { Client } from './dialogue.ts'

/** Whose certificate the server has shown. */
export function certificateName(client: Client): string {
  assert.ok(client.socket instanceof TLSSocket)
  return [client.socket.getPeerCertificate().subject.CN].flat().join()
}

/** A client behind STARTTLS, before its EHLO. */
export async function secured(port: number): Promise<Client> {
  const client = await Client.greeted(port)
  await client.accepted('EHLO client.example', 'STARTTLS')
  await client.secure()
  return client
}
