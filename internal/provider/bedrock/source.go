package bedrock

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/logging"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/sluice-gateway/sluice/internal/provider"
	"github.com/sluice-gateway/sluice/internal/provider/token"
)

// reread is how long keys are used that say nothing about their end but may change on
// the disk.
const reread = 15 * time.Minute

// session is the name of sessions of assumed roles, as it stands in the vendor's logs.
const session = "sluice"

// source gets access keys from what a credential says; nil fields = from the machine.
type source struct {
	client config.HTTPClient
	region string
	fields map[string]string
}

// fetch implements the fetching of token.Cache.
func (s source) fetch(ctx context.Context) (token.Value[aws.Credentials], error) {
	keys, err := s.retrieve(ctx)
	switch {
	case err != nil:
		return token.Value[aws.Credentials]{}, refusal(err)
	case keys.CanExpire:
		return token.Value[aws.Credentials]{Of: keys, Expires: keys.Expires}, nil
	case s.fields["access_key_id"] != "":
		return token.Value[aws.Credentials]{Of: keys}, nil
	}
	return token.Value[aws.Credentials]{Of: keys, Expires: time.Now().Add(reread)}, nil
}

func (s source) retrieve(ctx context.Context) (aws.Credentials, error) {
	role := s.fields["role_arn"]
	if own := s.static(); own != nil && role == "" {
		return own.Retrieve(ctx)
	}
	c, err := config.LoadDefaultConfig(ctx, s.options()...)
	if err != nil {
		return aws.Credentials{}, err
	}
	if role != "" {
		c.Credentials = s.assume(c, role)
	}
	return c.Credentials.Retrieve(ctx)
}

// static gives the keys that are given as such; nil = there are none.
func (s source) static() aws.CredentialsProvider {
	id := s.fields["access_key_id"]
	if id == "" {
		return nil
	}
	return credentials.NewStaticCredentialsProvider(id, s.fields["secret_access_key"], s.fields["session_token"])
}

func (s source) options() []func(*config.LoadOptions) error {
	options := []func(*config.LoadOptions) error{config.WithHTTPClient(s.client), config.WithRegion(s.region), config.WithLogger(logging.Nop{})}
	if profile := s.fields["profile"]; profile != "" {
		options = append(options, config.WithSharedConfigProfile(profile))
	}
	if own := s.static(); own != nil {
		options = append(options, config.WithCredentialsProvider(own))
	}
	return options
}

// assume gives the keys of a role.
// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
func (s source) assume(c aws.Config, role string) aws.CredentialsProvider {
	return stscreds.NewAssumeRoleProvider(sts.NewFromConfig(c), role, func(o *stscreds.AssumeRoleOptions) {
		o.RoleSessionName = session
		if id := s.fields["external_id"]; id != "" {
			o.ExternalID = &id
		}
	})
}

// client makes the SDK's client of the provider's own transport.
func client(p *provider.Provider) (config.HTTPClient, error) {
	own, err := token.Transport(p)
	if err != nil {
		return nil, err
	}
	return awshttp.NewBuildableClient().WithTransportOptions(func(t *http.Transport) {
		t.Proxy, t.DialContext, t.TLSHandshakeTimeout, t.DisableKeepAlives = own.Proxy, own.DialContext, own.TLSHandshakeTimeout, true
		if own.TLSClientConfig != nil {
			t.TLSClientConfig = own.TLSClientConfig
		}
	}), nil
}

// refusal keeps of the vendor's error what may be shown.
func refusal(err error) error {
	answer, ok := errors.AsType[*smithyhttp.ResponseError](err)
	if !ok || answer.HTTPStatusCode() == 0 {
		return err
	}
	r := &token.Refusal{Host: "the token service", Status: answer.HTTPStatusCode()}
	if api, ok := errors.AsType[smithy.APIError](err); ok {
		r.Code = api.ErrorCode()
	}
	return errors.Join(r, err)
}
