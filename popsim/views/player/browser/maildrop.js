// The maildrops: every message with its mark in words, with a sign and, when it is to go or gone, struck through.

const SHOWN = 400;
const OPTIONAL = ["flags", "mailbox"]; // columns that are there once there is something in them

function maildropPane(record) {
  const { section, note } = pane("maildrop", "Maildrop");
  const list = element("div", { class: "pp-scroll", tabindex: "0", role: "group", "aria-label": "Maildrop" });
  const drops = Object.entries(record.head.mail).map(([user, rows]) => maildrop(user, rows));

  section.append(list);
  list.append(...drops.map((drop) => drop.root));
  if (!drops.length) list.append(element("p", { class: "pp-empty" }, "No maildrop was recorded."));

  function maildrop(user, rows) {
    const lock = element("span", { class: "pp-lock" });
    const body = element("tbody");
    const lines = new Map();
    const head = ["no.", "mark", "size", "from", "subject", "unique-id", "flags", "mailbox"].map((name) =>
      element("th", { scope: "col", class: OPTIONAL.includes(name) ? `pp-${name}` : "" }, name),
    );
    const table = element("table", {}, element("thead", {}, element("tr", {}, ...head)), body);
    for (const row of rows.slice(0, SHOWN)) line(row);
    const rest =
      rows.length > SHOWN
        ? element(
            "p",
            { class: "pp-empty" },
            `${grouped(rows.length - SHOWN)} more messages; each is listed as soon as it is marked`,
          )
        : null;
    const title = element("h4", {}, element("span", {}, user), lock);
    const root = element("div", { class: "pp-drop", "data-user": user }, title, table, rest);

    function line([number, size, uid, from, subject, first]) {
      const mark = element("td", { class: "pp-mark" });
      const flags = element("td", { class: "pp-flags" });
      const mailbox = element("td", { class: "pp-mailbox" });
      const made = element(
        "tr",
        { "data-number": number, title: `unique-id ${printable(uid)}` },
        element("td", {}, String(number)),
        mark,
        element("td", {}, grouped(size)),
        element("td", { title: printable(from) }, whose(printable(from))),
        element("td", { title: printable(subject) }, printable(subject)),
        element("td", { title: printable(uid) }, printable(uid)),
        flags,
        mailbox,
      );
      lines.set(number, { made, mark, flags, mailbox, first: first ?? "" });
      body.append(made);
      return lines.get(number);
    }

    /** The name alone, where an address follows it in angle brackets. */
    function whose(sender) {
      return sender.replace(/\s*<[^<>]*>$/, "").replace(/^"(.*)"$/, "$1") || sender;
    }

    function draw(values) {
      const holder = values[`mail.${user}.lock`] ?? null;
      const last = values[`mail.${user}.last`];
      lock.textContent = holder === null ? "not locked" : `locked by connection ${holder}`;
      if (last !== undefined) lock.textContent += `, highest number accessed: ${last}`;
      root.dataset.lock = holder === null ? "" : holder;
      const counts = {};
      const used = new Set();
      for (const row of rows) {
        const word = values[`mail.${user}.${row[0]}`];
        counts[word] = (counts[word] ?? 0) + 1;
        const known = lines.get(row[0]) ?? (word === Object.keys(record.head.marks)[0] ? null : line(row));
        if (known && word) more(known, row[0], values, used);
        if (!known || known.made.dataset.mark === word) continue;
        known.made.dataset.mark = word;
        known.made.hidden = !word; // it arrives later
        known.mark.replaceChildren(
          element("span", { "aria-hidden": "true" }, record.head.marks[word] ?? ""),
          ` ${word}`,
        );
      }
      for (const name of OPTIONAL) table.classList.toggle(`pp-no-${name}`, !used.has(name));
      return Object.keys(record.head.marks)
        .filter((word) => counts[word])
        .map((word) => `${counts[word]} ${word}`);
    }

    /** The flags of a message, and the mailbox that it is in, where that is not the inbox. */
    function more(known, number, values, used) {
      const texts = {
        flags: values[`mail.${user}.${number}.flags`] ?? "",
        mailbox: values[`mail.${user}.${number}.mailbox`] ?? known.first,
      };
      for (const name of OPTIONAL) {
        const text = printable(texts[name] ?? "");
        if (known[name].textContent !== text) known[name].textContent = known[name].title = text;
        if (text) used.add(name);
      }
    }

    return { root, draw };
  }

  return {
    section,
    draw(frame) {
      const totals = drops.map((drop) => drop.draw(frame.values));
      note.textContent = totals.length === 1 ? totals[0].join(", ") : "";
    },
  };
}
