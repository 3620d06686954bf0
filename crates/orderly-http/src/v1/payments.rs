//! `/v1/payments`: money that came in, what it pays, and what customers have in store credit.

use orderly_core::actor::Permission;
use orderly_core::id::PaymentId;
use orderly_core::payment::Payment;
use orderly_core::payment::settle::Answer;
use orderly_core::refusal::{Code, Refusal};
use orderly_core::time::Day;
use orderly_ops::ops::payments::allocate::{self, AllocateIn};
use orderly_ops::ops::payments::store_credit::{self, Standing};
use orderly_ops::ops::payments::{self, PaymentIn, Settling, StepIn};
use orderly_ops::ops::{read, tills};
use orderly_ops::wire::out::amount;
use orderly_ops::wire::out::payments::{OwedOut, PaymentOut};
use orderly_ops::{App, Call, Error};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::input::Nothing;
use crate::operation::{act, create, get};
use crate::{Cx, Done, Operation, Page};

pub fn operations() -> Vec<Operation> {
    [of_payments(), of_credit()].into_iter().flatten().collect()
}

fn of_payments() -> Vec<Operation> {
    use Permission::{Read, Refund, TakePayment};
    let one = |path, id, summary, needs, f| act(path, id, summary, needs, f);
    vec![
        get("/v1/payments", "payments.list", "List payments, the latest first", Read, list),
        get("/v1/payments/{payment}", "payments.get", "Show a payment", Read, show),
        get(
            "/v1/payments/on_delivery",
            "payments.on_delivery",
            "List what carriers and drivers took for us and have not remitted, the oldest first",
            Read,
            on_delivery,
        ),
        create("/v1/payments", "payments.take", "Take money", TakePayment, take),
        one(
            "/v1/payments/{payment}/capture",
            "payments.capture",
            "Take reserved money",
            TakePayment,
            capture as fn(&Cx, StepBody) -> Result<Done<PaymentOut>, Error>,
        ),
        one(
            "/v1/payments/{payment}/void",
            "payments.void",
            "Let reserved money go",
            TakePayment,
            void,
        ),
        one(
            "/v1/payments/{payment}/apply",
            "payments.apply",
            "Let money pay an order",
            TakePayment,
            apply,
        ),
        act(
            "/v1/payments/{payment}/withdraw",
            "payments.withdraw",
            "Take money from an order or an invoice it pays",
            TakePayment,
            withdraw,
        ),
        act(
            "/v1/payments/{payment}/allocate",
            "payments.allocate",
            "Let money pay invoices",
            TakePayment,
            allocate_to,
        ),
        one(
            "/v1/payments/{payment}/give_back",
            "payments.give_back",
            "Give back what pays nothing",
            Refund,
            give_back,
        ),
    ]
}

fn of_credit() -> Vec<Operation> {
    use Permission::{GiveStoreCredit, Read, TakePayment};
    vec![
        get(
            "/v1/customers/{customer}/store_credit",
            "customers.store_credit",
            "Show a customer's store credit",
            Read,
            credit,
        ),
        act(
            "/v1/customers/{customer}/store_credit/expire",
            "customers.expire_store_credit",
            "Take away what of a customer's credit has expired",
            GiveStoreCredit,
            expire,
        )
        .unversioned(),
        act(
            "/v1/payments/{payment}/transactions/{transaction}/settle",
            "payments.settle",
            "Record what the provider said about a step of a payment",
            TakePayment,
            settle,
        )
        .unversioned(),
        create(
            "/v1/customers/{customer}/store_credit",
            "customers.give_store_credit",
            "Give store credit",
            GiveStoreCredit,
            give,
        ),
    ]
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Wanted {
    /// At most 250; 50 where absent.
    limit: Option<i64>,
}

fn list(cx: &Cx, wanted: Wanted) -> Result<Done<Page<PaymentOut>>, Error> {
    let limit = wanted.limit.unwrap_or(50).clamp(1, 250);
    let found = payments::list(&cx.app, &cx.call, limit)?;
    Ok(Done::of(Page::new(found.iter().map(PaymentOut::from).collect(), None)))
}

/// Whose.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ByWhom {
    /// The carrier's code, `own` for our own drivers; of all where absent.
    carrier: Option<String>,
}

fn on_delivery(cx: &Cx, by: ByWhom) -> Result<Done<Page<OwedOut>>, Error> {
    let found = payments::on_delivery::owed(&cx.app, &cx.call, by.carrier.as_deref())?;
    Ok(Page::new(found.iter().map(OwedOut::from).collect(), None).into())
}

fn answered(payment: &Payment) -> Done<PaymentOut> {
    let at = format!("/v1/payments/{}", payment.id);
    Done::of(PaymentOut::from(payment)).version(payment.version).at(at)
}

fn show(cx: &Cx, _: Nothing) -> Result<Done<PaymentOut>, Error> {
    Ok(answered(&payments::show(&cx.app, &cx.call, cx.id("payment")?)?))
}

/// Money that comes in.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct PaymentBody {
    /// The order it pays; else it belongs to a customer and pays nothing yet.
    order: Option<String>,
    customer: Option<String>,
    /// Needed where no order says it.
    channel: Option<String>,
    /// `manual` where absent.
    provider: Option<String>,
    /// How the customer pays: cash, card, transfer …; the provider's name where absent.
    method: Option<String>,
    /// The provider's name of it.
    reference: Option<String>,
    /// What the order still asks for where absent.
    amount: Option<String>,
    currency: Option<String>,
    /// The cash handed over: the rest is change.
    tendered: Option<String>,
    /// The drawer the cash goes into.
    drawer: Option<String>,
    /// Only reserve or expect it.
    authorize: bool,
}

fn take(cx: &Cx, body: PaymentBody) -> Result<Done<PaymentOut>, Error> {
    let order = body.order.map(|text| read::orders::get(&cx.app, &cx.call, &text)).transpose()?;
    let customer = body.customer.map(|text| read::parties::show(&cx.app, &cx.call, &text));
    let channel = body
        .channel
        .map(|code| read::catalog::channel(&cx.app, &cx.finding(), &code))
        .transpose()?;
    let drawer =
        body.drawer.map(|code| tills::drawer(&cx.app, &cx.finding(), &code)).transpose()?;
    let provider = body.provider.unwrap_or_else(|| "manual".into());
    let new = PaymentIn {
        order: order.map(|order| order.id),
        customer: customer.transpose()?.map(|known| known.customer.id),
        channel,
        method: body.method.unwrap_or_else(|| provider.clone()),
        provider: Some(provider),
        reference: body.reference,
        amount: body.amount,
        currency: body.currency,
        tendered: body.tendered,
        ..PaymentIn::default()
    };
    let call = Call { drawer: drawer.map(|drawer| drawer.id), ..cx.call.clone() };
    let taken = match body.authorize {
        true => payments::authorize(&cx.app, &call, &new)?,
        false => payments::take(&cx.app, &call, &new)?,
    };
    Ok(answered(&taken))
}

/// How much, and for which order.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct StepBody {
    order: Option<String>,
    /// All there is where absent.
    amount: Option<String>,
}

type Step = fn(&App, &Call, PaymentId, &StepIn) -> Result<Payment, Error>;

fn step(cx: &Cx, body: StepBody, step: Step) -> Result<Done<PaymentOut>, Error> {
    let order = body.order.map(|text| read::orders::get(&cx.app, &cx.call, &text)).transpose()?;
    let order = order.map(|order| order.id);
    let given = StepIn { order, amount: body.amount, settling: Settling::AtOnce };
    Ok(answered(&step(&cx.app, &cx.call, cx.id("payment")?, &given)?))
}

fn capture(cx: &Cx, body: StepBody) -> Result<Done<PaymentOut>, Error> {
    step(cx, body, payments::capture)
}
fn void(cx: &Cx, body: StepBody) -> Result<Done<PaymentOut>, Error> {
    step(cx, body, payments::void)
}
fn apply(cx: &Cx, body: StepBody) -> Result<Done<PaymentOut>, Error> {
    step(cx, body, payments::apply)
}
fn give_back(cx: &Cx, body: StepBody) -> Result<Done<PaymentOut>, Error> {
    step(cx, body, payments::give_back)
}

/// From which order or invoice money is taken.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct WithdrawBody {
    order: Option<String>,
    invoice: Option<String>,
    /// All of it where absent.
    amount: Option<String>,
}

fn withdraw(cx: &Cx, body: WithdrawBody) -> Result<Done<PaymentOut>, Error> {
    let Some(name) = body.invoice else {
        let body = StepBody { order: body.order, amount: body.amount };
        return step(cx, body, payments::withdraw);
    };
    let (id, invoice) = (cx.id("payment")?, allocate::invoice(&cx.app, &cx.finding(), &name)?.id);
    let amount = body.amount.as_deref();
    Ok(answered(&allocate::deallocate(&cx.app, &cx.call, id, invoice, amount)?))
}

/// Which invoices money pays.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AllocateBody {
    invoices: Vec<AllocateLine>,
    /// After those, the open invoices of the account, the first due first.
    oldest: bool,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AllocateLine {
    /// A document's number or id.
    invoice: String,
    /// What is open, as far as the money goes, where absent.
    amount: Option<String>,
}

fn allocate_to(cx: &Cx, body: AllocateBody) -> Result<Done<PaymentOut>, Error> {
    let named = body.invoices.into_iter();
    let named = named
        .map(|one| Ok((allocate::invoice(&cx.app, &cx.finding(), &one.invoice)?.id, one.amount)));
    let invoices = named.collect::<Result<Vec<_>, Error>>()?;
    let new = AllocateIn { invoices, oldest: body.oldest };
    Ok(answered(&allocate::allocate(&cx.app, &cx.call, cx.id("payment")?, &new)?))
}

/// A customer's store credit and how it came to be.
#[derive(Debug, Serialize, JsonSchema)]
pub struct CreditOut {
    pub object: &'static str,
    pub customer: String,
    pub balances: Vec<BalanceOut>,
    pub entries: Vec<CreditEntryOut>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct BalanceOut {
    pub currency: String,
    pub balance: String,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct CreditEntryOut {
    pub kind: &'static str,
    pub amount: String,
    pub currency: String,
    pub expires_on: Option<String>,
    pub reason: Option<String>,
    pub at: String,
}

fn standing(one: &Standing) -> Done<CreditOut> {
    let balances = one.balances.iter().map(|(holder, left)| BalanceOut {
        currency: holder.currency.to_string(),
        balance: amount(*left, holder.currency),
    });
    let entries = one.entries.iter().map(|one| CreditEntryOut {
        kind: one.kind.code(),
        amount: amount(one.amount, one.holder.currency),
        currency: one.holder.currency.to_string(),
        expires_on: one.expires_on.map(|day| day.to_string()),
        reason: one.reason.clone(),
        at: one.recorded_at.to_string(),
    });
    Done::of(CreditOut {
        object: "store_credit",
        customer: one.customer.to_string(),
        balances: balances.collect(),
        entries: entries.collect(),
    })
}

fn credit(cx: &Cx, _: Nothing) -> Result<Done<CreditOut>, Error> {
    let known = read::parties::show(&cx.app, &cx.call, cx.text("customer"))?;
    Ok(standing(&store_credit::show(&cx.app, &cx.call, known.customer.id)?))
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GiveIn {
    amount: String,
    /// The last day on which it can be used.
    expires_on: Option<String>,
}

fn give(cx: &Cx, body: GiveIn) -> Result<Done<CreditOut>, Error> {
    let known = read::parties::show(&cx.app, &cx.call, cx.text("customer"))?;
    let until = body.expires_on.as_deref().map(Day::parse).transpose()?;
    let customer = known.customer.id;
    Ok(standing(&store_credit::give(&cx.app, &cx.call, customer, &body.amount, until)?))
}

fn expire(cx: &Cx, _: Nothing) -> Result<Done<CreditOut>, Error> {
    let known = read::parties::show(&cx.app, &cx.finding(), cx.text("customer"))?;
    Ok(standing(&store_credit::expire(&cx.app, &cx.call, known.customer.id)?))
}

/// What the provider said.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SettleIn {
    /// `done`, `failed` or `unknown`: it was sent, and whether it happened must be asked.
    outcome: String,
    /// The provider's reference of the step.
    reference: Option<String>,
}

fn settle(cx: &Cx, body: SettleIn) -> Result<Done<PaymentOut>, Error> {
    let reference = body.reference;
    let answer = match body.outcome.as_str() {
        "done" => Answer::Done { reference },
        "failed" => Answer::Failed { reference },
        "unknown" => Answer::Unknown,
        _ => {
            let detail = "there is no such outcome";
            let refusal = Refusal::at(Code::InvalidField, "/outcome", detail);
            return Err(refusal.allowed("done, failed, unknown").into());
        }
    };
    let (payment, step) = (cx.id("payment")?, cx.id("transaction")?);
    Ok(answered(&payments::settle(&cx.app, &cx.call, payment, step, &answer)?))
}
