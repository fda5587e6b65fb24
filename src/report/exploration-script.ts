/**
 * What the page of an exploration does on top of what it shows without: point at a mark and its card appears, click it
 * or press Enter and its command is in the clipboard; arrows go from mark to mark; a multiplier is marked in all layers.
 * Plain JavaScript without a library, for the browser; the page's policy allows exactly this text.
 */
export const EXPLORATION_SCRIPT = `
'use strict';
(() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const shown = document.getElementById('shown');
  const said = document.getElementById('said');
  const cardOf = (id) => document.querySelector('.points [data-card="' + CSS.escape(id) + '"]');
  // A mark nearer than this to the pointer counts as meant, CSS pixels.
  const REACH = 28;
  let pinned = shown.dataset.point;
  // Of each plot the ring around the mark whose card shows, and where each point's mark is.
  const plots = [];

  // Tooltips become names: the card says more, and both at once would cover each other.
  for (const mark of all('.explorer .mark')) {
    mark.setAttribute('aria-label', mark.querySelector('title').textContent);
    mark.querySelector('title').remove();
    mark.setAttribute('role', 'button');
    mark.setAttribute('tabindex', '-1');
  }
  for (const button of all('button[data-copy]')) button.hidden = false;

  const show = (id) => {
    if (shown.dataset.point !== id) {
      const card = cardOf(id).cloneNode(true);
      card.removeAttribute('id');
      shown.replaceChildren(card);
      shown.dataset.point = id;
    }
    for (const { ring, places } of plots) {
      const place = places.get(id);
      ring.style.display = place ? '' : 'none';
      if (place) ring.setAttribute('transform', place);
    }
  };

  const copyBySelection = (text) => {
    const area = document.createElement('textarea');
    area.value = text;
    area.style.cssText = 'position:fixed;top:0;opacity:0';
    const before = document.activeElement;
    document.body.append(area);
    area.select();
    const isCopied = document.execCommand('copy');
    area.remove();
    if (before) before.focus({ preventScroll: true });
    return isCopied;
  };

  const copy = async (id) => {
    const text = cardOf(id).querySelector('.command').textContent;
    let isCopied = true;
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      isCopied = copyBySelection(text);
    }
    const lead = document.createElement('strong');
    lead.textContent = isCopied ? 'Copied: ' : 'Not copied, select it by hand: ';
    said.replaceChildren(lead, isCopied ? 'the command of ' + id : text);
  };

  const pick = (id) => {
    pinned = id;
    show(id);
    return copy(id);
  };

  for (const plot of all('.explorer svg')) {
    plot.setAttribute('role', 'group');
    const marks = all('.mark', plot).map((mark) => {
      const [x, y] = mark.getAttribute('transform').match(/-?[\\d.]+/g).map(Number);
      return { mark, id: mark.dataset.point, x, y };
    });
    if (marks.length === 0) continue;
    marks.sort((p, q) => p.x - q.x);
    const ring = document.createElementNS('http://www.w3.org/2000/svg', 'circle');
    ring.setAttribute('class', 'ring');
    ring.setAttribute('r', '9');
    plot.append(ring);
    plots.push({ ring, places: new Map(marks.map(({ mark, id }) => [id, mark.getAttribute('transform')])) });
    marks[0].mark.setAttribute('tabindex', '0');
    const nearest = (event) => {
      const frame = plot.getBoundingClientRect();
      const scale = plot.viewBox.baseVal.width / frame.width;
      const [x, y] = [(event.clientX - frame.left) * scale, (event.clientY - frame.top) * scale];
      let best;
      let least = REACH * scale;
      for (const own of marks) {
        const distance = Math.hypot(own.x - x, own.y - y);
        if (distance < least) [best, least] = [own, distance];
      }
      return best;
    };
    plot.addEventListener('pointermove', (event) => {
      const own = event.pointerType === 'touch' ? undefined : nearest(event);
      plot.style.cursor = own ? 'pointer' : '';
      if (own) show(own.id);
    });
    plot.addEventListener('pointerleave', () => show(pinned));
    plot.addEventListener('click', (event) => {
      const own = nearest(event);
      if (own) pick(own.id);
    });
    plot.addEventListener('keydown', (event) => {
      const at = marks.findIndex(({ mark }) => mark === event.target);
      if (at < 0) return;
      const steps = { ArrowRight: at + 1, ArrowUp: at + 1, ArrowLeft: at - 1, ArrowDown: at - 1, Home: 0, End: marks.length - 1 };
      if (event.key === 'Enter' || event.key === ' ') {
        event.preventDefault();
        pick(marks[at].id);
      } else if (event.key in steps) {
        event.preventDefault();
        const to = marks[Math.min(marks.length - 1, Math.max(0, steps[event.key]))].mark;
        event.target.setAttribute('tabindex', '-1');
        to.setAttribute('tabindex', '0');
        to.focus({ preventScroll: true });
      }
    });
  }

  // Not on the drawings: Chromium stops at an SVG element that listens for focus.
  document.querySelector('.explorer').addEventListener('focusin', (event) => {
    if (!event.target.matches('.mark')) return;
    pinned = event.target.dataset.point;
    show(pinned);
  });

  document.addEventListener('click', (event) => {
    const button = event.target.closest('button[data-copy]');
    if (button) copy(button.dataset.copy).then(() => { button.textContent = said.firstChild.textContent.startsWith('Copied') ? 'Copied' : 'Copy command'; });
    const link = event.target.closest('a[href^="#point-"]');
    if (!link) return;
    document.getElementById('all-points').open = true;
    pinned = link.getAttribute('href').slice('#point-'.length);
    show(pinned);
  });

  for (const chart of all('.sensitivity svg')) {
    chart.addEventListener('pointerover', (event) => {
      for (const dot of all('.dot.same', chart)) dot.classList.remove('same');
      const dot = event.target.closest('.dot');
      if (!dot) return;
      for (const own of all('.dot[data-multiplier="' + dot.dataset.multiplier + '"]', chart)) own.classList.add('same');
    });
  }
  show(pinned);
})();
`.trim();
