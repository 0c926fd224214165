/* Qt6Core imports ICU's converters for old text encodings; Wine has no icuuc.dll. Here every converter is missing. */
#define EXPORT __declspec(dllexport)
#define NOTHING(name) EXPORT long long name(void) { return 0; }
#define U_UNSUPPORTED_ERROR 16

EXPORT void *ucnv_open(const char *name, int *error)
{
    if (error)
        *error = U_UNSUPPORTED_ERROR;
    return 0;
}

NOTHING(UCNV_FROM_U_CALLBACK_SUBSTITUTE)
NOTHING(UCNV_TO_U_CALLBACK_SUBSTITUTE)
NOTHING(ucnv_cbFromUWriteUChars)
NOTHING(ucnv_cbToUWriteUChars)
NOTHING(ucnv_close)
NOTHING(ucnv_countAvailable)
NOTHING(ucnv_fromUCountPending)
NOTHING(ucnv_fromUnicode)
NOTHING(ucnv_getAvailableName)
NOTHING(ucnv_getFromUCallBack)
NOTHING(ucnv_getMaxCharSize)
NOTHING(ucnv_getName)
NOTHING(ucnv_getStandardName)
NOTHING(ucnv_getToUCallBack)
NOTHING(ucnv_reset)
NOTHING(ucnv_setFromUCallBack)
NOTHING(ucnv_setToUCallBack)
NOTHING(ucnv_toUCountPending)
NOTHING(ucnv_toUnicode)

int __stdcall DllMainCRTStartup(void *instance, unsigned reason, void *reserved)
{
    return 1;
}
