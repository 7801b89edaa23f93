/* The editor of workflows: its smallest parts. Everything that people wrote goes in as text, never as HTML. */
window.hubWorkflow = (() => {
    const element = (tag, attributes, ...children) => {
        const made = document.createElement(tag);
        for (const [name, value] of Object.entries(attributes || {})) {
            if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
            else if (value === true) made.setAttribute(name, "");
            else if (value !== false && value !== undefined && value !== null) made.setAttribute(name, value);
        }
        made.append(...children.filter((child) => child !== null && child !== undefined));
        return made;
    };

    /* `choices`: [value, label, group]; one that is chosen and not among them is shown as what it is. */
    const select = (label, choices, chosen, onchange) => {
        const made = element("select", {"aria-label": label, class: "wf-input", onchange: () => onchange(made.value)});
        const known = choices.some(([value]) => value === chosen);
        if (!known) made.append(element("option", {value: chosen || "", selected: true}, chosen ? `${chosen}: not there` : "choose"));
        const groups = new Map();
        for (const [value, text, group] of choices) {
            const option = element("option", {value, selected: value === chosen}, text);
            if (!group) {
                made.append(option);
                continue;
            }
            if (!groups.has(group)) groups.set(group, made.appendChild(element("optgroup", {label: group})));
            groups.get(group).append(option);
        }
        return made;
    };

    const input = (label, type, value, oninput, more) => {
        const made = element("input", {
            "aria-label": label, type, class: "wf-input", value: value ?? "", oninput: () => oninput(made.value), ...more,
        });
        return made;
    };

    const button = (text, title, onclick, more) =>
        element("button", {type: "button", class: "wf-small", title, "aria-label": title, onclick, ...more}, text);

    /* A label with its control below. */
    const labelled = (text, control, note, place) =>
        element("div", {class: "wf-field", "data-place": place}, element("span", {class: "wf-label"}, text), control,
            note ? element("span", {class: "hub-note"}, note) : null);

    /* A number as people typed it; what is none stays a text, and the server says so. */
    const number = (text) => (text.trim() !== "" && Number.isFinite(Number(text)) ? Number(text) : text);

    return {element, select, input, button, labelled, number};
})();
