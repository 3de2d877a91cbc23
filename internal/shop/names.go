package shop

import "fmt"

// categoryNames are the first hundred categories; the ones that hold most
// products come first.
var categoryNames = [...]string{
	"Electronics", "Clothing", "Home & Kitchen", "Books", "Beauty", "Toys & Games", "Sports", "Grocery",
	"Health", "Garden", "Shoes", "Jewelry", "Furniture", "Office", "Pet Supplies", "Automotive", "Baby",
	"Tools", "Music", "Movies", "Headphones", "Laptops", "Phones", "Tablets", "Cameras", "Televisions",
	"Smart Home", "Wearables", "Video Games", "Consoles", "Keyboards", "Monitors", "Printers", "Storage",
	"Networking", "Chargers", "Dresses", "Shirts", "Trousers", "Jackets", "Knitwear", "Underwear",
	"Swimwear", "Socks", "Hats", "Bags", "Belts", "Watches", "Sunglasses", "Scarves", "Sneakers", "Boots",
	"Sandals", "Cookware", "Tableware", "Cutlery", "Bedding", "Towels", "Curtains", "Rugs", "Lamps",
	"Candles", "Mirrors", "Shelves", "Sofas", "Chairs", "Tables", "Mattresses", "Wardrobes", "Skin Care",
	"Hair Care", "Make-up", "Perfume", "Vitamins", "First Aid", "Fitness", "Cycling", "Camping", "Fishing",
	"Football", "Running", "Yoga", "Winter Sports", "Puzzles", "Board Games", "Dolls", "Building Sets",
	"Craft Supplies", "Notebooks", "Pens", "Calendars", "Coffee", "Tea", "Snacks", "Wine", "Dog Food",
	"Cat Food", "Seeds", "Power Tools", "Car Parts",
}

// newCategories returns n category names.
func newCategories(n int) []string {
	names := make([]string, n)
	for i := range names {
		if i < len(categoryNames) {
			names[i] = categoryNames[i]
		} else {
			names[i] = fmt.Sprintf("Category %d", i+1)
		}
	}
	return names
}

var brands = [...]string{
	"Alder", "Birchfield", "Calder", "Dunmore", "Elmstead", "Fenwick", "Garrow", "Hartwell", "Inverley",
	"Juniper", "Kestrel", "Larkin", "Marlow", "Northgate", "Oakham", "Penrose", "Quillon", "Rowan",
	"Selby", "Thornbury", "Ullswater", "Verity", "Wexford", "Yarrow", "Zephyr", "Amberley", "Brockton",
	"Corvane", "Delmont", "Everline", "Foxglove", "Greyson",
}

var styles = [...]string{
	"Classic", "Compact", "Essential", "Premium", "Light", "Original", "Urban", "Nordic", "Studio",
	"Signature", "Everyday", "Active", "Eco", "Pro", "Heritage", "Mini",
}

var (
	devices  = [...]string{"mobile", "mobile", "mobile", "mobile", "mobile", "desktop", "desktop", "desktop", "desktop", "tablet"}
	payments = [...]string{"card", "card", "card", "card", "paypal", "paypal", "apple_pay", "google_pay", "invoice", "bank_transfer"}
	// referrers are where visits come from; most shoppers come by themselves.
	referrers = [...]string{
		"", "", "", "", "https://www.google.com/", "https://www.google.com/", "https://www.bing.com/",
		"https://www.instagram.com/", "https://www.facebook.com/", "https://mail.globalmart.example/",
	}
)
