// Draws what the server says, as text only: nothing that comes from a pod or a policy ever becomes markup.
const byId = (id) => document.getElementById(id);

function element(tag, className, ...children) {
  const made = document.createElement(tag);
  if (className !== '') made.className = className;
  made.append(...children.filter((child) => child !== undefined));
  return made;
}

const lines = (texts) => element('ul', 'lines', ...texts.map((text) => element('li', '', text)));

function clock(at) {
  const made = element('time', '', new Date(at).toLocaleTimeString());
  made.dateTime = at;
  made.title = new Date(at).toLocaleString();
  return made;
}

function decision({ at, outcome, webhook, dryRun, subject, reasons, recordId }) {
  return element(
    'li',
    '',
    element(
      'div',
      'head',
      clock(at),
      element('span', `badge ${outcome}`, outcome),
      element('b', '', subject),
      element('span', 'small', dryRun ? `${webhook}, dry run` : webhook),
    ),
    reasons.length === 0 ? undefined : lines(reasons),
    recordId === undefined ? undefined : element('p', 'origin', `record ${recordId}`),
  );
}

function policy({ name, origin, description, mode, priority, rules }) {
  return element(
    'li',
    '',
    element(
      'div',
      'head',
      element('b', '', name),
      element('span', 'badge', mode),
      element('span', 'small', `priority ${priority}`),
    ),
    description === '' ? undefined : element('p', '', description),
    rules.length === 0 ? undefined : lines(rules),
    element('p', 'origin', origin),
  );
}

function exemption({ name, origin, allow, owner, reason, expires, expired }) {
  return element(
    'li',
    '',
    element(
      'div',
      'head',
      element('b', '', name),
      element('span', 'badge', allow.join(', ')),
      element('span', expired ? 'small expired' : 'small', `${expired ? 'expired' : 'until'} ${expires}`),
    ),
    element('p', '', reason),
    element('p', 'small', owner),
    element('p', 'origin', origin),
  );
}

function problem({ severity, place, message, advice, code }) {
  return element(
    'li',
    '',
    element('div', 'head', element('span', `badge ${severity}`, severity), element('span', 'origin', place)),
    element('p', '', message),
    advice === '' ? undefined : element('p', 'small', advice),
    element('p', 'origin', code),
  );
}

function fill(name, items, draw, omitted = 0) {
  byId(name).replaceChildren(...items.map(draw));
  byId(`${name}-count`).textContent = items.length === 0 ? '' : String(items.length + omitted);
  const empty = byId(`${name}-empty`);
  if (empty !== null) empty.hidden = items.length > 0;
}

function draw(state) {
  const status = byId('state');
  status.textContent = state.state;
  status.className = state.state === 'ok' ? 'good' : 'bad';
  fill('problems', state.problems, problem, state.problemsOmitted);
  byId('problems-section').hidden = state.problems.length === 0;
  fill('decisions', state.decisions, decision);
  byId('decisions-count').textContent = state.decisionCount === 0 ? '' : `${state.decisionCount} since the start`;
  fill('policies', state.policies, policy, state.policiesOmitted);
  fill('exemptions', state.exemptions, exemption, state.exemptionsOmitted);
  const { records } = state;
  byId('footer').textContent =
    `Seccomply ${state.version} · set ${state.contentSha256.slice(0, 12)} · records ${records.instance}, ${records.lastSeq} written` +
    (records.problem === undefined ? '' : `, now failing: ${records.problem}`);
}

const events = new EventSource('/api/events');
events.onmessage = ({ data }) => draw(JSON.parse(data));
events.onerror = () => {
  const status = byId('state');
  status.textContent = 'the server does not answer; trying again …';
  status.className = 'bad';
};
