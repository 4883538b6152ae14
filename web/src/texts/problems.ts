/** What the gateway refuses, in the reader's language: its own words are English. */
import { locale } from "./locale";

const TABLES: Record<string, Record<string, string>> = {
  es: {
    "auth-unavailable": "El servicio de cuentas no responde. Inténtelo de nuevo dentro de poco.",
    "broker-unavailable": "La cola de trabajo no responde. Inténtelo de nuevo dentro de poco.",
    "database-unavailable": "La base de datos no responde. Inténtelo de nuevo dentro de poco.",
    "edit-conflict": "Otra persona lo ha cambiado entretanto. Cargue lo que hay ahora.",
    "invitations-closed": "Aquí no se invita a nadie. Pida a quien opera la instalación que añada miembros.",
    "job-ended": "El proceso ya ha terminado.",
    "job-running": "Hay un proceso en marcha. Espere a que termine o cancélelo.",
    "language-unsupported": "No se traduce a ese idioma. Elija uno de los que se ofrecen.",
    "last-owner": "Una organización necesita un propietario. Nombre antes a otro.",
    "no-organization": "Aún no pertenece a ninguna organización. Su página de inicio dice qué hacer.",
    "not-found": "Eso no existe, o ya no.",
    "not-in-language": "De eso no hay nada en ese idioma.",
    "not-printed": "El documento no se ha podido crear. Inténtelo de nuevo o elija otra forma.",
    "operators-only": "Solo para quienes operan la instalación.",
    "owners-only": "Solo para los propietarios de la organización.",
    "read-only": "Solo puede leer aquí. Pida a un propietario que le deje escribir.",
    "storage-full": "El almacén está lleno. Avise a quien opera la instalación.",
    "storage-unavailable": "El almacén no responde. Inténtelo de nuevo dentro de poco.",
    "subtitles-language": "Los subtítulos no están en el idioma del proyecto.",
    "subtitles-unreadable": "El archivo no contiene subtítulos que se puedan leer. Elija otro: .srt, .vtt o .ass.",
    "too-large": "El archivo es demasiado grande.",
    "too-many-requests": "Demasiadas peticiones. Espere un momento.",
    "video-not-uploaded": "El vídeo aún no se ha subido del todo.",
    "video-unreadable": "El archivo no es un vídeo que se pueda leer. Suba otro, como vídeo nuevo.",
  },
};

/** Return what a kind of problem means, or null where the gateway's own words have to do. */
export function problem(kind: string): string | null {
  return TABLES[locale.current]?.[kind] ?? null;
}
