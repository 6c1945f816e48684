/** Open an IndexedDB that every build can read: stores are only ever added. */

/**
 * @typedef {{name: string, keyPath?: string | string[], autoIncrement?: boolean}} StoreShape
 */

/**
 * Open `name` at whatever version it has, and add the stores of `shapes` that it lacks. No build
 * names a version, so an older build opens what a newer one wrote.
 * @param {string} name
 * @param {StoreShape[]} shapes
 * @returns {Promise<IDBDatabase>}
 */
export async function openDatabase(name, shapes) {
  const db = await open(name, undefined, shapes);
  if (shapes.every((shape) => db.objectStoreNames.contains(shape.name))) return db;
  const next = db.version + 1;
  db.close();
  try {
    return await open(name, next, shapes);
  } catch (error) {
    if (error instanceof DOMException && error.name === 'VersionError') {
      return openDatabase(name, shapes); // another window added them first
    }
    throw error;
  }
}

/**
 * @param {string} name
 * @param {number | undefined} version
 * @param {StoreShape[]} shapes
 * @returns {Promise<IDBDatabase>}
 */
function open(name, version, shapes) {
  const request = indexedDB.open(name, version);
  request.onupgradeneeded = () => {
    for (const { name: store, ...options } of shapes) {
      if (!request.result.objectStoreNames.contains(store)) {
        request.result.createObjectStore(store, options);
      }
    }
  };
  return answer(request);
}

/**
 * @template T
 * @param {IDBRequest<T>} request
 * @returns {Promise<T>}
 */
export function answer(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/**
 * Resolve once the transaction is on disk (as far as its durability says).
 * @param {IDBTransaction} transaction
 * @returns {Promise<void>}
 */
export function committed(transaction) {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onerror = () => reject(transaction.error);
    transaction.onabort = () =>
      reject(transaction.error ?? new DOMException('aborted', 'AbortError'));
  });
}

/**
 * A database that reopens itself after it had to close.
 */
export class Database {
  /**
   * @param {string} name
   * @param {StoreShape[]} shapes
   */
  constructor(name, shapes) {
    this.name = name;
    this.shapes = shapes;
    /** @type {Promise<IDBDatabase> | null} */
    this.opening = null;
  }

  /** @returns {Promise<IDBDatabase>} */
  handle() {
    this.opening ??= openDatabase(this.name, this.shapes).then(
      (db) => {
        db.addEventListener('close', () => (this.opening = null));
        db.onversionchange = () => {
          this.opening = null;
          db.close();
        };
        return db;
      },
      (error) => {
        this.opening = null;
        throw error;
      },
    );
    return this.opening;
  }

  /**
   * Begin a transaction.
   * @param {string | string[]} stores
   * @param {IDBTransactionMode} mode
   * @param {IDBTransactionDurability} durability
   */
  async begin(stores, mode = 'readonly', durability = 'default') {
    const db = await this.handle();
    try {
      return db.transaction(stores, mode, { durability });
    } catch (error) {
      if (!(error instanceof DOMException) || error.name !== 'InvalidStateError') throw error;
      this.opening = null; // it was closed under us
      return (await this.handle()).transaction(stores, mode, { durability });
    }
  }

  async close() {
    const opening = this.opening;
    this.opening = null;
    if (opening) (await opening).close();
  }
}
