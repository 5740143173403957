/** Messages for a Slack-compatible webhook: Slack, Mattermost, Rocket.Chat, and what else takes `{ "text": … }`. */
import type { Message } from "../model/told.ts";
import type { Letter } from "./post.ts";

/** Slack takes 40,000 characters; nobody reads so many in a channel. */
const LONGEST = 3_000;

/** The letter that carries a message to the webhook at `url`. */
export function slackLetter(message: Message, url: string): Letter {
  return {
    url,
    body: JSON.stringify({ text: slackText(message) }),
    headers: () => ({ "content-type": "application/json" }),
  };
}

/** The title in bold, then the lines; nothing of it calls anybody, and no link is disguised. */
export function slackText({ title, lines }: Pick<Message, "title" | "lines">): string {
  const rest = lines.join("\n");
  const short = rest.length > LONGEST ? `${rest.slice(0, LONGEST)}… (cut)` : rest;
  return `*${harmless(title)}*\n${harmless(short)}`;
}

/** Breaks a mark without changing what one reads. */
const BREAK = "\u200b";

function harmless(text: string): string {
  return (
    text
      .replace(/&/g, "&amp;")
      .replace(/</g, "&lt;")
      .replace(/>/g, "&gt;")
      // Mattermost and others call whom a word with @ names; an e-mail address stays as it is.
      .replace(/(?<![\w.+-])@(?=\w)/g, `@${BREAK}`)
      // Their links.
      .replace(/\](?=[([])/g, `]${BREAK}`)
  );
}
