"use strict";
// Every text of the data reaches the page by textContent: nothing in it is ever read as HTML.
const trees = JSON.parse(document.getElementById("data").textContent);
const list = document.getElementById("trees"), dialogue = document.getElementById("dialogue");
const filter = document.getElementById("filter"), statements = document.getElementById("statements");
const MARKS = { preferred: "✓ preferred", rejected: "✗ rejected", undecided: "= undecided" };
let current = 0, chosen = new Map(), marks = [], turns = [];

function element(name, text, className) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (className) made.className = className;
  return made;
}

function matches(tree) {
  const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
  const text = [tree.id, tree.persona, ...tree.facts, ...tree.traits].join(" ").toLowerCase();
  return words.every((word) => text.includes(word));
}

function listTrees() {
  const buttons = trees.flatMap((tree, number) => {
    if (!matches(tree)) return [];
    const item = element("li"), button = element("button", tree.facts.slice(0, 2).join(" "));
    button.type = "button";
    button.setAttribute("aria-current", String(number === current));
    button.prepend(element("small", tree.id));
    button.addEventListener("click", () => open(number));
    item.append(button);
    return [item];
  });
  list.replaceChildren(...buttons);
  document.getElementById("found").textContent = `${buttons.length} of ${trees.length} trees`;
}

// The turns of the path that is followed: where both replies went on, the chosen one, at first the earlier.
function path(tree) {
  const replies = new Map(), users = new Map();
  for (const node of tree.nodes) {
    if (node.role === "user") users.set(node.parent, node);
    else replies.set(node.parent, [...(replies.get(node.parent) ?? []), node]);
  }
  const found = [];
  let user = users.get(null), before = [];
  while (user) {
    const pair = replies.get(user.id) ?? [], open = pair.filter((reply) => reply.continued);
    const next = open.find((reply) => reply.id === chosen.get(user.id)) ?? open[0];
    found.push({ user, pair, open, next, fresh: user.disclosed.filter((number) => !before.includes(number)) });
    before = user.disclosed;
    user = next && users.get(next.id);
  }
  return found;
}

function replyCard(turn, reply) {
  const card = element("article", undefined, `reply ${reply.label ?? ""}`);
  const tags = element("p", undefined, "tags");
  tags.append(element("b", reply.responder), element("span", MARKS[reply.label] ?? "", reply.label ?? ""));
  if (reply.continued) tags.append(element("span", "→ went on"));
  const own = (vote) => `${vote[reply.responder]}${vote.first === reply.responder ? " (first)" : ""}`;
  const footer = element("footer", reply.votes?.length ? `scores ${reply.votes.map(own).join(", ")}` : "no scores");
  if (turn.open.length > 1 && reply.continued) {
    const follow = element("button", turn.next === reply ? "followed" : "follow this branch", "follow");
    follow.type = "button";
    follow.setAttribute("aria-pressed", String(turn.next === reply));
    follow.addEventListener("click", () => { chosen.set(turn.user.id, reply.id); draw(turn.user.turn); });
    footer.append(follow);
  }
  card.append(tags, element("p", reply.content, "text"), footer);
  return card;
}

function turnOf(tree, turn) {
  const all = [...tree.facts, ...tree.traits], block = element("section", undefined, "turn");
  const margin = turn.pair[0]?.margin;
  const note = margin === null || margin === undefined ? "" : ` · margin ${margin.toFixed(2)}`;
  const said = element("div", undefined, "person");
  said.append(element("p", turn.user.content, "text"));
  block.append(element("h3", `Turn ${turn.user.turn}${note}`), said);
  if (turn.fresh.length) {
    const shows = element("ul", undefined, "shows");
    shows.append(...turn.fresh.map((number) => element("li", all[number])));
    block.append(shows);
  }
  const replies = element("div", undefined, "replies");
  replies.append(...turn.pair.map((reply) => replyCard(turn, reply)));
  block.append(replies);
  return block;
}

function drawPersona(tree) {
  const part = (title, texts) => {
    const box = element("div"), items = element("ul");
    for (const text of texts) {
      const item = element("li");
      item.append(element("span", ""), element("span", text));
      marks.push(item);
      items.append(item);
    }
    box.append(element("h3", title), items);
    return box;
  };
  marks = [];
  statements.replaceChildren(element("p"), part("Facts", tree.facts), part("Traits", tree.traits));
}

// Lights up what was shown up to the turn that is being looked at.
function lookAt(number) {
  const turn = turns[number], facts = trees[current].facts.length;
  if (!turn) return;
  dialogue.querySelectorAll(".turn").forEach((block, at) => block.classList.toggle("looked-at", at === number));
  const when = (mark) => turns.findIndex((one) => one.fresh.includes(mark)) + 1;
  marks.forEach((item, mark) => {
    const shown = turn.user.disclosed.includes(mark);
    item.className = turn.fresh.includes(mark) ? "new" : shown ? "shown" : "";
    item.firstChild.textContent = shown ? `turn ${when(mark)}` : "";
  });
  const known = turn.user.disclosed, some = known.filter((mark) => mark < facts).length;
  statements.firstChild.textContent = `By turn ${turn.user.turn}: ${some} of ${facts} facts, ` +
    `${known.length - some} of ${marks.length - facts} traits shown`;
}

function draw(stay) {
  const tree = trees[current], bar = element("div", undefined, "bar");
  turns = path(tree);
  bar.append(element("h2", `${tree.id} · ${tree.persona}`));
  for (const [text, step] of [["← previous", -1], ["next →", 1]]) {
    const button = element("button", text);
    button.type = "button";
    button.disabled = !trees[current + step];
    button.addEventListener("click", () => open(current + step));
    bar.append(button);
  }
  dialogue.replaceChildren(bar, ...turns.map((turn) => turnOf(tree, turn)));
  dialogue.querySelectorAll(".turn").forEach((block, number) => {
    block.addEventListener("mouseenter", () => lookAt(number));
    block.addEventListener("focusin", () => lookAt(number));
  });
  drawPersona(tree);
  lookAt(stay ? turns.findIndex((turn) => turn.user.turn === stay) : 0);
}

function open(number, keep) {
  if (!trees[number]) return;
  current = number;
  chosen = new Map();
  listTrees();
  draw();
  if (keep) return;
  history.replaceState(null, "", `#${trees[number].id}`);
  window.scrollTo({ top: 0 });
  list.querySelector("[aria-current=true]")?.scrollIntoView({ block: "nearest" });
}

function fromAddress() {
  return Math.max(0, trees.findIndex((tree) => `#${tree.id}` === location.hash));
}

document.addEventListener("keydown", (event) => {
  if (event.target === filter || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "ArrowLeft") open(current - 1);
  if (event.key === "ArrowRight") open(current + 1);
});
window.addEventListener("hashchange", () => open(fromAddress()));
window.addEventListener("scroll", () => {
  const blocks = [...dialogue.querySelectorAll(".turn")];
  const passed = blocks.filter((block) => block.getBoundingClientRect().top < window.innerHeight * 0.4).length;
  if (!dialogue.matches(":hover")) lookAt(Math.max(0, passed - 1));
}, { passive: true });
filter.addEventListener("input", listTrees);
if (window.matchMedia("(max-width: 46rem)").matches) document.getElementById("persona").open = false;
document.getElementById("app").hidden = false;
if (trees.length) open(fromAddress(), true);
