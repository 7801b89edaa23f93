"""Fence 3, what is: every privilege that exists in the manifest's schemas, as PostgreSQL's catalogs have it."""

# kind, object, grantee, right, may it be handed on, was it granted by the object's owner, whose future objects, stranger.
# Owners and superusers are left out: they need no privilege. So are functions that everybody may execute by default
# where a stranger has default privileges of his own: he makes none in our schemas.
FOUND = """
WITH spaces AS (SELECT oid, nspname, nspowner, nspacl FROM pg_namespace WHERE nspname = ANY(%(schemas)s)),
extension AS (SELECT classid, objid FROM pg_depend WHERE deptype = 'e'),
me AS (SELECT oid FROM pg_roles WHERE rolname = current_user)
SELECT kind, object, CASE WHEN grantee = 0 THEN 'PUBLIC' ELSE pg_get_userbyid(grantee) END, privilege_type,
       is_grantable, grantor = owner, maker, grantee <> 0 AND pg_get_userbyid(grantee) <> ALL(%(units)s)
FROM (
    SELECT 'DATABASE' AS kind, datname::text AS object, datdba AS owner, '' AS maker, (acl).* FROM (
        SELECT datname, datdba, aclexplode(coalesce(datacl, acldefault('d', datdba))) AS acl
        FROM pg_database WHERE datname = current_database()) d
    UNION ALL
    SELECT 'SCHEMA', nspname, nspowner, '', (acl).* FROM (
        SELECT nspname, nspowner, aclexplode(coalesce(nspacl, acldefault('n', nspowner))) AS acl FROM spaces) s
    UNION ALL
    SELECT CASE relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, nspname || '.' || relname, relowner, '', (acl).* FROM (
        SELECT nspname, relname, relkind, relowner, aclexplode(relacl) AS acl
        FROM pg_class c JOIN spaces s ON s.oid = c.relnamespace
        WHERE relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
          AND NOT EXISTS (SELECT FROM extension e WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid)) t
    UNION ALL
    SELECT 'COLUMN', nspname || '.' || relname || '.' || attname, relowner, '', (acl).* FROM (
        SELECT nspname, relname, attname, relowner, aclexplode(attacl) AS acl
        FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN spaces s ON s.oid = c.relnamespace
        WHERE attacl IS NOT NULL AND attnum <> 0 AND NOT attisdropped) c
    UNION ALL
    SELECT 'FUNCTION', nspname || '.' || signature, proowner, '', (acl).* FROM (
        SELECT nspname, proname || '(' || pg_get_function_identity_arguments(p.oid) || ')' AS signature, proowner,
               aclexplode(coalesce(proacl, acldefault('f', proowner))) AS acl
        FROM pg_proc p JOIN spaces s ON s.oid = p.pronamespace
        WHERE NOT EXISTS (SELECT FROM extension e WHERE e.classid = 'pg_proc'::regclass AND e.objid = p.oid)) f
    UNION ALL
    SELECT CASE defaclobjtype WHEN 'r' THEN 'DEFAULT TABLES' WHEN 'S' THEN 'DEFAULT SEQUENCES'
                              WHEN 'f' THEN 'DEFAULT FUNCTIONS' ELSE 'DEFAULT SCHEMAS' END,
           coalesce(nspname, ''), defaclrole, CASE WHEN defaclrole = me.oid THEN '' ELSE pg_get_userbyid(defaclrole) END,
           (acl).* FROM (
        SELECT defaclobjtype, defaclnamespace, defaclrole, aclexplode(defaclacl) AS acl FROM pg_default_acl
        WHERE defaclobjtype IN ('r', 'S', 'f', 'n')
        UNION ALL
        SELECT 'f', 0, me.oid, aclexplode(acldefault('f', me.oid)) FROM me WHERE NOT EXISTS (
            SELECT FROM pg_default_acl
            WHERE defaclrole = me.oid AND defaclnamespace = 0 AND defaclobjtype = 'f')
        ) d LEFT JOIN spaces s ON s.oid = defaclnamespace CROSS JOIN me
    WHERE (defaclnamespace = 0 OR nspname IS NOT NULL)
      AND NOT (defaclnamespace = 0 AND defaclobjtype = 'f' AND defaclrole <> me.oid AND (acl).grantee = 0)
) found LEFT JOIN pg_roles r ON r.oid = grantee
WHERE grantee <> owner AND NOT coalesce(rolsuper, false) AND coalesce(rolname, '') <> current_user
"""

# The things the manifest grants, or grants not: kind of relation or 'function', schema, name, and for a sequence the
# table it numbers.
OBJECTS = """
SELECT c.relkind::text, n.nspname, c.relname, t.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_depend o ON c.relkind = 'S' AND o.classid = 'pg_class'::regclass AND o.objid = c.oid AND o.deptype IN ('a', 'i')
  AND o.refclassid = 'pg_class'::regclass
LEFT JOIN pg_class t ON t.oid = o.refobjid
WHERE n.nspname = ANY(%(schemas)s) AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
UNION ALL
SELECT 'function', n.nspname, p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')', NULL
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE n.nspname = ANY(%(schemas)s)
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
"""
