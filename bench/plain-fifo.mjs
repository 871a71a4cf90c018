// A first-in, first-out queue in constant time, without the copying of `Array#shift` on a long list.

export class Fifo {
  #items = [];
  #head = 0;

  get size() {
    return this.#items.length - this.#head;
  }

  get first() {
    return this.#items[this.#head];
  }

  push(item) {
    this.#items.push(item);
  }

  shift() {
    const item = this.#items[this.#head];
    this.#items[this.#head] = undefined;
    this.#head += 1;
    if (this.#head === this.#items.length) {
      this.#items = [];
      this.#head = 0;
    } else if (this.#head > 1_024 && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }

  /** Inserts in front of everything. This is rare, and costs as much as the queue is long. */
  putBack(items) {
    this.#items = [...items, ...this.#items.slice(this.#head)];
    this.#head = 0;
  }
}
