"""The content of the database of a running server."""
import contextlib
import pathlib
import shutil
import sqlite3
import tempfile


def read_tables(data):
    """table → its rows, from a copy, because opening the database itself would change it. Nobody
    may write at the same time."""
    with tempfile.TemporaryDirectory(prefix="esclusa-tables-") as folder:
        for suffix in ("", "-wal"):
            file = pathlib.Path(f"{data / 'esclusa.db'}{suffix}")
            if file.exists():
                shutil.copy(file, folder)
        with contextlib.closing(sqlite3.connect(pathlib.Path(folder) / "esclusa.db")) as database:
            names = [name for name, in database.execute(
                "select name from sqlite_schema where type = 'table'")]
            return {name: database.execute(f'select * from "{name}" order by rowid').fetchall()
                    for name in names}
