<?php

// routes/api.php; in routes/web.php, exempt the route from CSRF checks.

use Illuminate\Http\Request;
use Illuminate\Support\Facades\Route;

Route::post('/webhooks/relyable', function (Request $request) {
    $body = $request->getContent(); // the bytes; $request->all() is parsed
    // config/services.php: 'relyable' => ['webhook_secret' => env('RELYABLE_WEBHOOK_SECRET')]
    $secret = config('services.relyable.webhook_secret');
    abort_if(empty($secret), 500, 'RELYABLE_WEBHOOK_SECRET is not set');
    $expected = hash_hmac('sha256', $body, $secret);
    if (!hash_equals($expected, (string) $request->header('X-Relyable-Signature'))) {
        abort(401);
    }
    $event = json_decode($body, true, 512, JSON_THROW_ON_ERROR);
    // Insert a row, or dispatch a job. An exception is answered 500, and Relyable sends the event again.
    logger()->info($event['event']);

    return response('OK', 200);
});
