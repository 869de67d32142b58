-- Settings that clients put, and that are kept until something asks for them.

-- The credentials of a hook's URL, base64url of crypto seal(), bound to the hook's id.
alter table hook add column credentials_sealed text;
