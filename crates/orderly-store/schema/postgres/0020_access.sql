-- People and keys: who may sign in or call, and with which rights.
CREATE TABLE users (
    id bytea PRIMARY KEY,
    email text COLLATE "C" NOT NULL UNIQUE,
    name text COLLATE "C" NOT NULL,
    password_hash text COLLATE "C" NOT NULL,
    state text COLLATE "C" NOT NULL CHECK (state IN ('active', 'inactive')),
    -- The authenticator's secret, sealed; confirmed once a code of it was right.
    factor_secret bytea,
    factor_confirmed_at bigint,
    -- The time step of the last code that was taken: no code is taken twice.
    factor_step bigint,
    password_at bigint NOT NULL,
    version bigint NOT NULL,
    created_at bigint NOT NULL
);

-- The merchant's own roles; the built-in ones are no rows.
CREATE TABLE role (
    id bytea PRIMARY KEY,
    code text COLLATE "C" NOT NULL UNIQUE,
    name text COLLATE "C" NOT NULL,
    grants text COLLATE "C" NOT NULL,
    second_factor bigint NOT NULL CHECK (second_factor IN (0, 1)),
    version bigint NOT NULL,
    created_at bigint NOT NULL
);

CREATE TABLE user_role (
    user_id bytea NOT NULL REFERENCES users (id),
    role_code text COLLATE "C" NOT NULL,
    PRIMARY KEY (user_id, role_code)
);

CREATE INDEX user_role_by_code ON user_role (role_code);

CREATE TABLE session (
    id bytea PRIMARY KEY,
    token_hash bytea NOT NULL UNIQUE,
    user_id bytea NOT NULL REFERENCES users (id),
    created_at bigint NOT NULL,
    seen_at bigint NOT NULL,
    confirmed_at bigint NOT NULL,
    revoked_at bigint,
    ip text COLLATE "C",
    user_agent text COLLATE "C"
);

CREATE INDEX session_by_user ON session (user_id);

CREATE TABLE api_key (
    id bytea PRIMARY KEY,
    token_hash bytea NOT NULL UNIQUE,
    start text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    grants text COLLATE "C" NOT NULL,
    created_by bytea NOT NULL,
    created_at bigint NOT NULL,
    expires_at bigint,
    used_at bigint,
    revoked_at bigint,
    allowed_ips text COLLATE "C" NOT NULL,
    version bigint NOT NULL
);

-- Attempts to sign in that have not succeeded, by hash of account and address, and until when the
-- next one waits.
CREATE TABLE sign_in (
    subject bytea PRIMARY KEY,
    failures bigint NOT NULL CHECK (failures >= 0),
    last_at bigint NOT NULL,
    blocked_until bigint NOT NULL
);

CREATE INDEX sign_in_by_time ON sign_in (last_at);

-- The token with which the first owner is made.
CREATE TABLE set_up_token (
    token_hash bytea PRIMARY KEY,
    created_at bigint NOT NULL,
    used_at bigint
);

CREATE TABLE recovery_code (
    code_hash bytea PRIMARY KEY,
    user_id bytea NOT NULL REFERENCES users (id),
    used_at bigint
);

CREATE INDEX recovery_code_by_user ON recovery_code (user_id);

CREATE INDEX audit_refused ON audit (id) WHERE outcome = 'refused';
