'use strict';

// GONE: imports below are sorted
const fs = require('node:fs');
const { join } = require('node:path');
import React, { memo } from 'react';

/**
 * The toolbar of the report page.
 * @param {{ rows: number, onExport: () => void }} props
 */
export function Toolbar({ rows, onExport, label = 'Export' }) {
  const gone = 'GONE';
  return <button title={gone} onClick={onExport}>{label} {rows}</button>;
}

export const Row = memo(({ cells }) => <tr>{cells.map((cell) => <td key={cell}>GONE {cell}</td>)}</tr>);

export const useRows = (query) => {
  return React.useMemo(() => 'GONE' + query, [query]);
};

class Table extends React.Component {
  static defaultProps = { rows: 10 };
  state = { open: false };
  toggle = () => this.setState({ open: 'GONE' });
  static { console.log('GONE'); }

  render() {
    return <table className="GONE">{this.props.children}</table>;
  }
}

function* pages(rows, size = 50) {
  yield rows.slice(0, size) + 'GONE';
}

Table.prototype.reset = function reset(hard) {
  this.state = 'GONE';
};

module.exports = { Table, pages, Toolbar };
exports.size = (rows) => rows.length + 'GONE'.length;

fs.readFileSync(join('GONE'));
