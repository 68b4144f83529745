/* module.c: the module wiretalk._speedups, what it takes from wiretalk, and what it lets go of. */
#include "speedups.h"

State *speedups_state(PyTypeObject *type) {
  while (type != NULL) {
    /* Only types made with a module have one; those that Python code derives from them do not. */
    PyObject *module = PyType_GetModule(type);
    if (module != NULL) {
      return PyModule_GetState(module);
    }
    PyErr_Clear();
    type = PyType_GetSlot(type, Py_tp_base);
  }
  PyErr_SetString(PyExc_TypeError, "this type is not of wiretalk._speedups");
  return NULL;
}

/* Puts an attribute of a module at `*place`. */
static int module_take(const char *module_name, const char *name, PyObject **place) {
  PyObject *module = PyImport_ImportModule(module_name);
  if (module == NULL) {
    return -1;
  }
  *place = PyObject_GetAttrString(module, name);
  Py_DECREF(module);
  return *place != NULL ? 0 : -1;
}

static int module_take_number(const char *name, Py_ssize_t *place) {
  PyObject *number;
  if (module_take("wiretalk.limits", name, &number) < 0) {
    return -1;
  }
  *place = PyLong_AsSsize_t(number);
  Py_DECREF(number);
  return *place == -1 && PyErr_Occurred() ? -1 : 0;
}

static int module_intern(State *state) {
  const struct {
    const char *text;
    PyObject **place;
  } names[] = {
      {"by", &state->name_by},
      {"messages", &state->name_messages},
      {"reason", &state->name_reason},
      {"data", &state->name_data},
      {"interrupted", &state->name_interrupted},
      {"_behind", &state->name_behind},
      {"_break", &state->name_break},
      {"_end_of_input", &state->name_end_of_input},
      {"_hold", &state->name_hold},
      {"_unreadable", &state->name_unreadable},
  };
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    *names[i].place = PyUnicode_InternFromString(names[i].text);
    if (*names[i].place == NULL) {
      return -1;
    }
  }
  return 0;
}

static int module_exec(PyObject *module) {
  State *state = PyModule_GetState(module);
  if (module_take("wiretalk.errors", "LimitError", &state->limit_error) < 0 ||
      module_take("wiretalk.errors", "MalformedError", &state->malformed_error) < 0 ||
      module_take("wiretalk.errors", "TruncatedError", &state->truncated_error) < 0 ||
      module_take("wiretalk.framing.base", "as_bytes", &state->as_bytes) < 0 ||
      module_take_number("READ_BYTES", &state->read_bytes) < 0 ||
      module_take_number("REPLY_BATCH", &state->reply_batch) < 0 || module_intern(state) < 0) {
    return -1;
  }
  if (state->reply_batch > SPEEDUPS_BATCH) {
    state->reply_batch = SPEEDUPS_BATCH;
  }
  return speedups_add_framings(module, state) < 0 || speedups_add_answering(module, state) < 0 ||
                 speedups_add_crossing(module, state) < 0
             ? -1
             : 0;
}

static int module_traverse(PyObject *module, visitproc visit, void *arg) {
  State *state = PyModule_GetState(module);
  for (size_t i = 0; i < SPEEDUPS_FRAMINGS; i++) {
    Py_VISIT(state->framings[i]);
  }
  Py_VISIT(state->answering);
  Py_VISIT(state->crossing);
  Py_VISIT(state->limit_error);
  Py_VISIT(state->malformed_error);
  Py_VISIT(state->truncated_error);
  Py_VISIT(state->as_bytes);
  Py_VISIT(state->spare_arguments);
  return 0;
}

static int module_clear(PyObject *module) {
  State *state = PyModule_GetState(module);
  for (size_t i = 0; i < SPEEDUPS_FRAMINGS; i++) {
    Py_CLEAR(state->framings[i]);
  }
  Py_CLEAR(state->answering);
  Py_CLEAR(state->crossing);
  Py_CLEAR(state->limit_error);
  Py_CLEAR(state->malformed_error);
  Py_CLEAR(state->truncated_error);
  Py_CLEAR(state->as_bytes);
  Py_CLEAR(state->spare_arguments);
  PyObject **names[] = {&state->name_by,     &state->name_messages,     &state->name_reason, &state->name_data,
                        &state->name_break,  &state->name_interrupted,  &state->name_hold,   &state->name_behind,
                        &state->name_unreadable, &state->name_end_of_input};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    Py_CLEAR(*names[i]);
  }
  return 0;
}

static void module_free(void *module) {
  State *state = PyModule_GetState(module);
  module_clear(module);
  speedups_free(&state->spare_in);
  speedups_free(&state->spare_out);
}

static PyMethodDef module_methods[] = {
    {"pass_on", (PyCFunction)(void (*)(void))speedups_pass_on, METH_FASTCALL,
     "Read once from a socket, and send what came to another."},
    {NULL, NULL, 0, NULL},
};

static PyModuleDef_Slot module_slots[] = {{Py_mod_exec, (void *)(uintptr_t)module_exec}, {0, NULL}};

static struct PyModuleDef module_definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "wiretalk._speedups",
    .m_doc = "The framings of libwiretalk for Python. wiretalk.chooser tells whether they serve.",
    .m_size = sizeof(State),
    .m_methods = module_methods,
    .m_slots = module_slots,
    .m_traverse = module_traverse,
    .m_clear = module_clear,
    .m_free = module_free,
};

PyMODINIT_FUNC PyInit__speedups(void);
PyMODINIT_FUNC PyInit__speedups(void) { return PyModuleDef_Init(&module_definition); }
