/** The dashboard; the published samples' `view_url`s are below it. */
export const DASHBOARD_URL = 'https://app.relyable.ai/';
export const DOCS_URL = 'https://help-center.relyable.ai/';
