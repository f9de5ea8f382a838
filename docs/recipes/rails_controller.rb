# config/routes.rb: post "/webhooks/relyable", to: "relyable_webhooks#create"
class RelyableWebhooksController < ActionController::API
  def create
    body = request.raw_post # the bytes; params is parsed
    return head :unauthorized unless signed?(body, request.headers["X-Relyable-Signature"])

    # The answer waits for the queue. An error is answered 500, and Relyable sends the event again.
    RelyableEventJob.perform_later(JSON.parse(body))
    head :ok # not :no_content: Relyable counts only 200 as delivered
  end

  private

  def signed?(body, signature)
    secret = ENV["RELYABLE_WEBHOOK_SECRET"].presence or raise "RELYABLE_WEBHOOK_SECRET is not set"
    expected = OpenSSL::HMAC.hexdigest("SHA256", secret, body)
    ActiveSupport::SecurityUtils.secure_compare(expected, signature.to_s)
  end
end
