package umapi

import "encoding/json"

// User is a user as the service tells it; see getUser and getUsersWithPage.
// What Adobe does not know is empty.
type User struct {
	// ID is stable, and no call takes it as an argument.
	ID string
	// Email is the key of commands. It is matched without case and keeps its
	// first spelling for ever.
	Email string
	// Username may come in another case than it was written.
	Username string
	// Domain is that of the directory, which need not be the e-mail's.
	Domain              string
	FirstName, LastName string
	Country             string // "UD" if Adobe has none
	Status              string // reads return active users only
	Type                IdentityType
	// Groups are names of user groups, product profiles and admin groups, in
	// no order.
	Groups []string
}

// UnmarshalJSON reads a user as it travels.
func (u *User) UnmarshalJSON(data []byte) error {
	var wire struct {
		ID        looseText   `json:"id"`
		Email     looseText   `json:"email"`
		Username  looseText   `json:"username"`
		Domain    looseText   `json:"domain"`
		FirstName looseText   `json:"firstname"`
		LastName  looseText   `json:"lastname"`
		Country   looseText   `json:"country"`
		Status    looseText   `json:"status"`
		Type      looseText   `json:"type"`
		Groups    []looseText `json:"groups"`
	}
	if err := json.Unmarshal(data, &wire); err != nil {
		return err
	}
	*u = User{
		ID: string(wire.ID), Email: string(wire.Email), Username: string(wire.Username), Domain: string(wire.Domain),
		FirstName: string(wire.FirstName), LastName: string(wire.LastName), Country: string(wire.Country),
		Status: string(wire.Status), Type: IdentityType(wire.Type),
	}
	for _, g := range wire.Groups {
		u.Groups = append(u.Groups, string(g))
	}
	return nil
}

// GroupType says what an entry of the list of groups is; see getGroups. An old
// answer may lack it.
type GroupType string

// The types of groups.
const (
	UserGroup            GroupType = "USER_GROUP"
	ProductProfile       GroupType = "PRODUCT_PROFILE"
	SysadminGroup        GroupType = "SYSADMIN_GROUP"
	DeploymentAdminGroup GroupType = "DEPLOYMENT_ADMIN_GROUP"
	SupportAdminGroup    GroupType = "SUPPORT_ADMIN_GROUP"
	ProductAdminGroup    GroupType = "PRODUCT_ADMIN_GROUP"
	ProfileAdminGroup    GroupType = "PROFILE_ADMIN_GROUP"
	UserAdminGroup       GroupType = "USER_ADMIN_GROUP"
	DeveloperGroup       GroupType = "DEVELOPER_GROUP"
	ContractAdminGroup   GroupType = "CONTRACT_ADMIN_GROUP"
)

// Group is an entry of the list of groups, which holds user groups, product
// profiles and admin groups alike. Its name is the key of commands, and is not
// always unique in the list.
type Group struct {
	ID          int64 // 0 if the answer had none
	Name        string
	Type        GroupType
	MemberCount int // -1 if the answer had none

	AdminGroupName     string // of a user group or profile that has admins
	UserGroupName      string // of a UserAdminGroup
	ProductProfileName string // of a ProfileAdminGroup
	ProductName        string // of a ProductProfile
	ContractName       string // of a ContractAdminGroup
	LicenseQuota       string // of a ProductProfile: a number or UNLIMITED
}

// UnmarshalJSON reads a group as it travels: id and quota may be numbers or
// strings.
func (g *Group) UnmarshalJSON(data []byte) error {
	var wire struct {
		ID                 *looseInt `json:"groupId"`
		Name               looseText `json:"groupName"`
		Type               looseText `json:"type"`
		MemberCount        *looseInt `json:"memberCount"`
		AdminGroupName     looseText `json:"adminGroupName"`
		UserGroupName      looseText `json:"userGroupName"`
		ProductProfileName looseText `json:"productProfileName"`
		ProductName        looseText `json:"productName"`
		ContractName       looseText `json:"contractName"`
		LicenseQuota       looseText `json:"licenseQuota"`
	}
	if err := json.Unmarshal(data, &wire); err != nil {
		return err
	}
	*g = Group{
		Name: string(wire.Name), Type: GroupType(wire.Type), MemberCount: position(wire.MemberCount),
		AdminGroupName: string(wire.AdminGroupName), UserGroupName: string(wire.UserGroupName),
		ProductProfileName: string(wire.ProductProfileName), ProductName: string(wire.ProductName),
		ContractName: string(wire.ContractName), LicenseQuota: string(wire.LicenseQuota),
	}
	if wire.ID != nil && *wire.ID > 0 {
		g.ID = int64(*wire.ID)
	}
	return nil
}
