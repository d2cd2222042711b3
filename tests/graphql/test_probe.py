from tests.client import as_, http, gid, NOBODY
from tests import factories as f
from jejak.domain.vocabulary import Role
from jejak.graphql import ids
import base64, orjson, time
def cur(*v): return base64.urlsafe_b64encode(orjson.dumps(list(v))).decode()
async def test_probe(database):
    u = await f.a_unit()
    m = await f.a_person(Role.MANAGER, u)
    c = await as_(m)
    await f.a_journey(u)
    t = await f.a_task(u)
    async def show(q, **v):
        r = await http().post("/graphql", json={"query":q,"variables":v}, headers=c.all_headers)
        print(q[:90], v if len(str(v))<200 else '..', '->', r.status_code, r.text[:400])
    for q in ["{journeys(first:5){totalCount}}", "{journeys(first:5){__typename}}", "{tasks(first:5, filter:{text:\"zzz\"}){totalCount}}", "{journeys(first:5){pageInfo{hasPreviousPage}}}", "{tasks(first:5,filter:{statuses:[PLANNED]}){totalCount edges{cursor}}}", "{painPoints(first:5,filter:{states:[OPEN],services:[PB_PD], categories:[SPEED]}){totalCount edges{cursor}}}"]:
        await show(q)
    await show("query($id:ID!){node(id:$id){__type: id}}", id=gid(t))
    for x in [("2026-01-01T00:00:00+00:00", 5), ("0001-01-01T00:00:00+14:00", str(t.id)), ("0001-01-01", str(t.id)), ("9999-12-31T23:59:59-14:00", str(t.id))]:
        await show("query($a:String){journeys(first:5, after:$a){nodes{id}}}", a=cur("JourneyOrder.NEWEST_FIRST", *x))
    await show("query($o:TaskOrder){tasks(first:1, order:$o){nodes{id}}}", o=None)
    await show("query($o:UnitOrder){units(first:1){nodes{children(first:1,order:$o){nodes{id}}}}}", o=None)
    big = "x"*10_000_000
    for doc in ["{unit(code:\"%s\"){id}}" % big, "#%s\n{__typename}" % big, "{__typename} " + " "*10_000_000, '{unit(code:"""%s"""){id}}' % big]:
        s = time.time(); r = await http().post("/graphql", json={"query": doc}, headers=c.all_headers); print(doc[:20], r.status_code, r.text[:200], time.time()-s)
    for path in ["/nope", "/health/live", "/graphql"]:
        r = await http().get(path); print(path, r.status_code, r.headers, r.text[:200])
    r = await http().put("/graphql"); print(r.status_code, r.headers, r.text[:200])
    r = await http().post("/graphql", content=b"x"*17*2**20, headers={"content-type":"application/json"}); print(r.status_code, r.headers, r.text[:200])
    r = await http().post("/graphql", json={"query":"{viewer{id}}"}, headers={"Authorization":"Bearer x"}); print(r.status_code, r.headers, r.text[:200])
    r = await http().post("/graphql", json={"query":"{viewer{id}}"}, headers={"Authorization":"Bearer \xff"}); print(r.status_code, r.headers, r.text[:200])
    for d in ["9999-12-31", "9999-12-30", "0001-01-01"]:
      try:
        r = await c.do("createTask", "task{id}", initiativeId=ids.encode("Initiative", f.initiative_id("1.1")), unitId=gid(u), title="x", dueOn=d, ownerId=gid(m)) ; print(d, r)
      except AssertionError as e: print(d, str(e)[:200])
