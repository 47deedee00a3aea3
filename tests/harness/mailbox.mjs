// A mail server on loopback that keeps what it is given, and the code of an authenticator app.
import { createHmac } from "node:crypto";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { until } from "./server.mjs";

export class Mailbox {
  async start() {
    this.mails = []; // {to, text}
    this.refuse = false;
    this.server = createServer((socket) => this.serve(socket));
    await new Promise((resolve) => this.server.listen(0, "127.0.0.1", resolve));
    this.url = `smtp://127.0.0.1:${this.server.address().port}`;
    return this;
  }

  serve(socket) {
    let buffer = "";
    let inData = false;
    const mail = { to: "", text: "" };
    const say = (line) => socket.write(`${line}\r\n`);
    say("220 test");
    socket.on("error", () => {});
    socket.on("data", (piece) => {
      buffer += piece;
      for (let end = buffer.indexOf("\r\n"); end >= 0; end = buffer.indexOf("\r\n")) {
        const line = buffer.slice(0, end);
        buffer = buffer.slice(end + 2);
        if (inData) {
          if (line === ".") {
            inData = false;
            if (!this.refuse) this.mails.push({ ...mail });
            say(this.refuse ? "451 later" : "250 taken");
            mail.text = "";
          } else mail.text += `${line}\n`;
        } else if (line.startsWith("DATA")) {
          inData = true;
          say("354 go on");
        } else if (line.startsWith("EHLO")) {
          say("250-test");
          say("250 8BITMIME");
        } else if (line.startsWith("RCPT TO:")) {
          mail.to = line.slice("RCPT TO:<".length, -1);
          say("250 fine");
        } else if (line.startsWith("QUIT")) {
          say("221 bye");
          socket.end();
        } else say("250 fine");
      }
    });
  }

  // The text of the newest mail to that address whose subject has that word.
  async wait(to, word) {
    return until(`a mail to ${to} about ${word}`, () => {
      const found = this.mails.findLast((mail) => mail.to === to && new RegExp(`^Subject: .*${word}`, "m").test(mail.text));
      return found && plain(found.text);
    });
  }

  // What follows "#<word>=" in it.
  async token(to, subject, word) {
    const text = await this.wait(to, subject);
    return new RegExp(`#${word}=([A-Za-z0-9_-]+)`).exec(text)[1];
  }

  stop() {
    this.server.close();
  }
}

// The same from the files that --demo writes without a mail server.
export async function outboxToken(server, to, word) {
  const folder = join(server.data, "outbox");
  return until(`a file for ${to} with #${word}=`, () => {
    if (!existsSync(folder)) return undefined;
    for (const name of readdirSync(folder).sort().reverse()) {
      const text = plain(readFileSync(join(folder, name), "utf8").replaceAll("\r\n", "\n"));
      const found = new RegExp(`#${word}=([A-Za-z0-9_-]+)`).exec(text);
      if (found && text.includes(`To: ${to}\n`)) return found[1];
    }
    return undefined;
  });
}

function plain(quoted) {
  return quoted.replace(/=\n/g, "").replace(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)));
}

// RFC 6238, from the base 32 secret that the server shows; `ahead` steps of 30 s.
export function authenticatorCode(secret, ahead = 0) {
  const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  const bits = [...secret].map((c) => digits.indexOf(c).toString(2).padStart(5, "0")).join("");
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => Number.parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + ahead));
  const mac = createHmac("sha1", key).update(counter).digest();
  const offset = mac[19] & 15;
  return String((mac.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}
